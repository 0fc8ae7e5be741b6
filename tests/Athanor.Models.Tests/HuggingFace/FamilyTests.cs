using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Tests.HuggingFace;

public sealed class FamilyTests
{
    public static TheoryData<string> Cases => GoldenCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_the_published_code(string name)
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load(name);
        golden.Write(folder.Path);
        using Decoder model = HfCheckpoint.Load(folder.Path, Device.Default, DType.F32);
        Run.Near(golden.Logits, Run.Logits(model, golden.Ids), 1e-4);
        using Decoder rounded = HfCheckpoint.Load(folder.Path, Device.Default);
        Run.Near(golden.Logits, Run.Logits(rounded, golden.Ids), 0.05);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decoding_through_a_cache_gives_the_logits_of_one_pass(string name)
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load(name);
        golden.Write(folder.Path);
        using Decoder model = HfCheckpoint.Load(folder.Path, Device.Default, DType.F32, trainable: false);
        foreach (int[] chunks in (int[][])[[1], [4, 1, 3, 1, 2], [6, 1]])
        {
            // Dynamic rotary scaling is chosen once for a text.
            using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, 32) { RotaryLength = golden.Ids.Length };
            Run.Near(golden.Logits, Run.CachedLogits(model, golden.Ids, cache, chunks), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_saved_model_has_the_bytes_of_the_one_that_was_loaded(string name)
    {
        using var folder = new TemporaryFolder();
        GoldenCase golden = GoldenCase.Load(name);
        golden.Write(folder["original"]);
        using (Decoder model = HfCheckpoint.Load(folder["original"], Device.Default, DType.F32))
            HfCheckpoint.Save(model, folder["first"]);
        Assert.Equal(File.ReadAllBytes(folder["original/model.safetensors"]), File.ReadAllBytes(folder["first/model.safetensors"]));
        // What config.json says beyond the settings stays as it was, and nothing is said twice.
        var written = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["first/config.json"]))!.AsObject();
        foreach ((string key, System.Text.Json.Nodes.JsonNode? value) in golden.Config)
            Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(value, written[key]), $"{key}: {written[key]} instead of {value}");
        foreach (SafetensorsType type in (SafetensorsType[])[SafetensorsType.BF16, SafetensorsType.F16])
        {
            using (Decoder model = HfCheckpoint.Load(folder["first"], Device.Default))
                HfCheckpoint.Save(model, folder[$"{type}"], type, shardBytes: 10_000);
            using (Decoder model = HfCheckpoint.Load(folder[$"{type}"], Device.Default))
                HfCheckpoint.Save(model, folder[$"{type}-again"], type, shardBytes: 10_000);
            string[] files = [.. Directory.GetFiles(folder[$"{type}"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
            Assert.Contains("model.safetensors.index.json", files);
            Assert.Equal(files, Directory.GetFiles(folder[$"{type}-again"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
            Assert.All(files, file => Assert.Equal(File.ReadAllBytes(folder[$"{type}/{file}"]), File.ReadAllBytes(folder[$"{type}-again/{file}"])));
            using Decoder last = HfCheckpoint.Load(folder[$"{type}-again"], Device.Default, DType.F32);
            Run.Near(golden.Logits, Run.Logits(last, golden.Ids), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Settings_made_here_survive_their_config_json(string name)
    {
        using var folder = new TemporaryFolder();
        GoldenCase.Load(name).Write(folder.Path);
        ModelConfig config = HfCheckpoint.ReadConfig(folder.Path) with { Source = null };
        foreach (string family in (string[])[config.Family, "athanor"])
        {
            File.WriteAllText(folder["config.json"], HfCheckpoint.WriteConfig(config, family));
            Assert.Equal($"{config with { Family = family }}", $"{HfCheckpoint.ReadConfig(folder.Path) with { Source = null }}");
        }
        Assert.Contains(config.Family, HfCheckpoint.FamiliesFor(config));
    }
}
