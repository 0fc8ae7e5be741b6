using System.Text.Json.Nodes;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Tests.HuggingFace;

public sealed class RefusalTests
{
    [Fact]
    public void Unknown_families_name_the_nearest_and_list_all()
    {
        string message = Refused("llama", config => config["model_type"] = "qwen2_5");
        Assert.Contains("'qwen2_5'", message, StringComparison.Ordinal);
        Assert.Contains("nearest name is 'qwen2'", message, StringComparison.Ordinal);
        Assert.All(HfCheckpoint.KnownFamilies, family => Assert.Contains(family, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama", "attention_sinks", "4")]
    [InlineData("llama", "pretraining_tp", "2")]
    [InlineData("llama", "hidden_act", "\"mish\"")]
    [InlineData("llama", "quantization_config", "{\"bits\":4}")]
    [InlineData("llama", "rope_scaling", "{\"rope_type\":\"longrope\",\"factor\":2}")]
    [InlineData("llama", "rope_scaling", "{\"rope_type\":\"yarn\",\"factor\":2,\"truncate\":false}")]
    [InlineData("llama", "num_hidden_layers", "\"two\"")]
    [InlineData("llama", "hidden_size", "-4")]
    [InlineData("llama", "vocab_size", "1e30")]
    [InlineData("gpt2", "scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("falcon-7b", "num_ln_in_parallel_attn", "2")]
    [InlineData("qwen", "no_bias", "false")]
    public void What_is_not_implemented_is_refused_by_name(string name, string key, string value)
    {
        Assert.Contains(key, Refused(name, config => config[key] = JsonNode.Parse(value)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_in_some_layers_and_a_query_norm_of_a_matrix_are_refused()
    {
        Assert.Contains("max_window_layers", Refused("qwen2", config => (config["use_sliding_window"], config["max_window_layers"]) = (true, 1)), StringComparison.Ordinal);
        Assert.Contains("attn_config.qk_ln", Refused("mpt", config => config["attn_config"]!["qk_ln"] = true), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_problems_are_named_together()
    {
        string message = Refused("llama", config =>
        {
            config.Remove("vocab_size");
            config["num_attention_heads"] = 3;
            config["attention_sinks"] = 4;
        });
        foreach (string part in (string[])["vocab_size is missing", "3 query heads", "attention_sinks"])
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_say_nothing_pass_and_others_can_be_named_as_ignored()
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load("llama");
        golden.Config["attention_sinks"] = null;
        golden.Config["new_feature"] = false;
        golden.Config["remark"] = "trained at home";
        golden.Write(folder.Path);
        Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path));
        using Decoder model = HfCheckpoint.Load(folder.Path, Device.Default, ignoredKeys: ["remark"]);
        HfCheckpoint.Save(model, folder["out"]);
        Assert.Contains("trained at home", File.ReadAllText(folder["out/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_extra_and_misshapen_tensors_are_listed_together()
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load("llama");
        JsonArray tensors = golden.Tensors;
        tensors.RemoveAt(3);
        tensors[1]![1] = new JsonArray(31);
        tensors.Add(new JsonArray("model.layers.0.self_attn.mystery", new JsonArray(2, 2), false));
        golden.Write(folder.Path);
        string message = Assert.Throws<ModelFormatException>(() => HfCheckpoint.Load(folder.Path, Device.Default)).Message;
        foreach (string part in (string[])["'model.layers.0.self_attn.k_proj.weight' [16, 32] is missing", "'model.layers.0.input_layernorm.weight' is [31]; config.json makes it [32]", "'model.layers.0.self_attn.mystery' has no place"])
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_is_tied_where_the_file_has_none_and_config_json_does_not_say()
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load("llama");
        golden.Config.Remove("tie_word_embeddings");
        golden.Write(folder["untied"]);
        using (Decoder model = HfCheckpoint.Load(folder["untied"], Device.Default))
            Assert.False(model.Config.TieEmbeddings);
        golden.Tensors.RemoveAt(golden.Tensors.Count - 1);
        golden.Write(folder["tied"]);
        using (Decoder model = HfCheckpoint.Load(folder["tied"], Device.Default))
            Assert.True(model.Config.TieEmbeddings);
        // Where it does say, a head that is missing or another than the embedding is an error.
        golden.Config["tie_word_embeddings"] = false;
        golden.Write(folder["missing"]);
        Assert.Contains("'lm_head.weight' [24, 32] is missing", Assert.Throws<ModelFormatException>(() => HfCheckpoint.Load(folder["missing"], Device.Default)).Message, StringComparison.Ordinal);
        golden.Config["tie_word_embeddings"] = true;
        golden.Tensors.Add(new JsonArray("lm_head.weight", new JsonArray(24, 32), false));
        golden.Write(folder["other"]);
        Assert.Contains("'lm_head.weight' is not the embedding", Assert.Throws<ModelFormatException>(() => HfCheckpoint.Load(folder["other"], Device.Default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_without_the_base_models_prefix_and_its_buffers_are_understood()
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load("gpt2");
        golden.Write(folder.Path);
        using var set = SafetensorsSet.Open(folder.Path);
        var sources = set.Names.Select(name =>
        {
            set.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry);
            return SafetensorsSource.Of(name["transformer.".Length..], entry.Type, entry.Shape.AsSpan(), file.Bytes(entry).ToArray());
        }).Append(SafetensorsSource.Of("h.0.attn.bias", SafetensorsType.U8, [1, 1, 2, 2], new byte[4])).ToList();
        SafetensorsSet.Save(folder["short"], sources);
        File.Copy(folder["config.json"], folder["short/config.json"]);
        using Decoder model = HfCheckpoint.Load(folder["short"], Device.Default, DType.F32);
        Run.Near(golden.Logits, Run.Logits(model, golden.Ids), 1e-4);
    }

    [Fact]
    public void A_family_that_cannot_say_a_setting_is_refused_with_those_that_can()
    {
        ModelConfig muP = TinyModels.Llama with { AttentionScale = 0.125f, LogitScale = 0.25f };
        string message = Assert.Throws<ArgumentException>(() => HfCheckpoint.WriteConfig(muP)).Message;
        foreach (string part in (string[])["LogitScale = 0.25", "AttentionScale = 0.125", "granite", "athanor"])
            Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.Equal(["granite", "athanor"], HfCheckpoint.FamiliesFor(muP));
        Assert.Equal(["athanor"], HfCheckpoint.FamiliesFor(TinyModels.Llama with { FeedForward = FeedForwardKind.ReluSquared }));
    }

    [Fact]
    public void Damaged_files_say_which_and_why()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], "{\"model_type\": \"llama\", ");
        Assert.Contains("not valid JSON", Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["config.json"], "{\"model_type\": \"llama\", \"vocab_size\": 1, \"vocab_size\": 2}");
        Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path));
        File.WriteAllText(folder["config.json"], "[]");
        Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path));
        File.WriteAllText(folder["config.json"], "{}");
        Assert.Contains("model_type", Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => HfCheckpoint.ReadConfig(folder["other.json"]));
    }

    private static string Refused(string name, Action<JsonObject> change)
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load(name);
        change(golden.Config);
        File.WriteAllText(folder["config.json"], golden.Config.ToJsonString());
        return Assert.Throws<ModelFormatException>(() => HfCheckpoint.ReadConfig(folder.Path)).Message;
    }
}
