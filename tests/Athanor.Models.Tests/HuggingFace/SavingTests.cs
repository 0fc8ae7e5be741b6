using Athanor.Models.HuggingFace;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Tests.HuggingFace;

public sealed class SavingTests
{
    [Fact]
    public void A_folder_keeps_what_is_not_the_models()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], "{}");
        File.WriteAllText(folder["generation_config.json"], "{\"temperature\": 0.6}");
        File.WriteAllText(folder["config.json"], "{}");
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        HfCheckpoint.Save(model, folder.Path, shardBytes: 5000);
        Assert.True(File.Exists(folder["model.safetensors.index.json"]));
        HfCheckpoint.Save(model, folder.Path, SafetensorsType.BF16);
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"], Directory.GetFiles(folder.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal("{\"temperature\": 0.6}", File.ReadAllText(folder["generation_config.json"]));
        Assert.Contains("\"torch_dtype\": \"bfloat16\"", File.ReadAllText(folder["config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void New_generation_settings_take_the_token_ids()
    {
        using var folder = new TemporaryFolder();
        GoldenCase.Load("llama").Write(folder["in"]);
        using Decoder model = HfCheckpoint.Load(folder["in"], Device.Default);
        HfCheckpoint.Save(model, folder["out"]);
        Assert.Equal("{\n  \"_from_model_config\": true,\n  \"bos_token_id\": 1,\n  \"eos_token_id\": 2\n}\n", File.ReadAllText(folder["out/generation_config.json"]));
    }

    [Fact]
    public void A_cancelled_save_leaves_nothing_of_a_new_folder_and_all_of_an_old_one()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        Assert.Throws<OperationCanceledException>(() => HfCheckpoint.Save(model, folder["new"], cancellation: new CancellationToken(true)));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        HfCheckpoint.Save(model, folder["old"]);
        byte[] before = File.ReadAllBytes(folder["old/model.safetensors"]);
        Assert.Throws<OperationCanceledException>(() => HfCheckpoint.Save(model, folder["old"], SafetensorsType.F16, cancellation: new CancellationToken(true)));
        Assert.Equal(before, File.ReadAllBytes(folder["old/model.safetensors"]));
        Assert.Equal(3, Directory.GetFileSystemEntries(folder["old"]).Length);
    }

    [Fact]
    public void Without_a_type_each_parameter_keeps_its_own()
    {
        using var folder = new TemporaryFolder();
        using Decoder model = TinyModels.Build(TinyModels.Llama, DType.BF16);
        HfCheckpoint.Save(model, folder["out"]);
        using SafetensorsSet set = SafetensorsSet.Open(folder["out"]);
        Assert.True(set.TryFind("model.norm.weight", out _, out SafetensorsEntry gain) && gain.Type == SafetensorsType.F32);
        Assert.True(set.TryFind("lm_head.weight", out _, out SafetensorsEntry head) && head.Type == SafetensorsType.BF16);
        using Decoder again = HfCheckpoint.Load(folder["out"], Device.Default);
        int[] ids = TinyModels.Ids(12);
        Assert.Equal(Run.Logits(model, ids), Run.Logits(again, ids));
    }

    [Fact]
    public void Configurations_of_transformers_5_keep_their_spelling()
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load("llama-yarn");
        System.Text.Json.Nodes.JsonNode scaling = golden.Config["rope_scaling"]!.DeepClone();
        golden.Config.Remove("rope_scaling");
        scaling["rope_theta"] = 10000.0;
        golden.Config["rope_parameters"] = scaling;
        golden.Config["dtype"] = "bfloat16";
        golden.Write(folder["in"]);
        using Decoder model = HfCheckpoint.Load(folder["in"], Device.Default, DType.F32);
        Run.Near(golden.Logits, Run.Logits(model, golden.Ids), 1e-4);
        HfCheckpoint.Save(model, folder["out"], SafetensorsType.BF16);
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(golden.Config, System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["out/config.json"]))));
    }
}
