using System.Text.Json;
using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Training.ModelFiles;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.ModelFiles;

public sealed class ModelPlaceTests : IDisposable
{
    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_files_and_settings_are_told_apart()
    {
        using Decoder model = Tiny.Model();
        HfCheckpoint.Save(model, _folder["hf"], SafetensorsType.BF16);
        Directory.CreateDirectory(_folder["c"]);
        Llama2cFile.Save(model, _folder["c/tiny.bin"]);
        File.WriteAllText(_folder["c/tok40.bin"], "");
        File.WriteAllText(_folder["hf/tokenizer.json"], "{}");
        Assert.Equal(new ModelPlace(_folder["hf"], ModelForm.HuggingFace, _folder["hf"]), ModelPlace.Find(_folder["hf"]));
        Assert.Equal(ModelForm.HuggingFace, ModelPlace.Find(_folder["hf/model.safetensors"]).Form);
        Assert.Equal(ModelForm.Settings, ModelPlace.Find(_folder["hf/config.json"]).Form);
        Assert.Equal(new ModelPlace(_folder["c/tiny.bin"], ModelForm.Llama2c, _folder["c/tok40.bin"]), ModelPlace.Find(_folder["c"]));
        Assert.Equal(SafetensorsType.BF16, ModelPlace.Find(_folder["hf"]).StoredType());
        using Decoder read = ModelPlace.Find(_folder["hf"]).Load(Device.Default);
        Assert.Equal(DType.BF16, read.DType);
        using Decoder wide = ModelPlace.Find(_folder["c"]).Load(Device.Default);
        Assert.Equal(DType.F32, wide.DType);
    }

    [Fact]
    public void What_is_no_model_is_said_with_what_to_do()
    {
        Says("no run in", () => ModelPlace.Find("nowhere", _folder.Path));
        Says("holds no model", () => ModelPlace.Find(_folder.Path));
        using Decoder model = Tiny.Model();
        HfCheckpoint.Save(model, _folder["hf"]);
        File.Delete(_folder["hf/model.safetensors"]);
        Says("athanor model init", () => ModelPlace.Find(_folder["hf"]).Load(Device.Default));
        Says("--tokenizer", () => ModelPlace.Find(_folder["hf"]).LoadTokenizer());
        File.WriteAllText(_folder["hf/pytorch_model.bin"], "x");
        Says("safe_serialization", () => ModelPlace.Find(_folder["hf"]));
    }

    [Theory]
    [InlineData("{\"eos_token_id\":[7,9]}", "{\"eos_token_id\":1}", new[] { 7, 9 })]
    [InlineData("{\"eos_token_id\":3}", "{}", new[] { 3 })]
    [InlineData(null, "{\"eos_token_id\":1}", new[] { 1 })]
    [InlineData("{}", "{\"eos_token_id\":null}", new int[0])]
    public void End_tokens_are_those_of_generation_before_those_of_the_model(string? generation, string config, int[] expected)
    {
        if (generation is not null)
            File.WriteAllText(_folder["generation_config.json"], generation);
        File.WriteAllText(_folder["config.json"], config);
        Assert.Equal(expected, EndTokens.Of(_folder.Path));
    }

    [Fact]
    public void A_conversion_keeps_values_and_refuses_to_write_over_what_is_there()
    {
        using Decoder model = Tiny.Model();
        HfCheckpoint.Save(model, _folder["a"], SafetensorsType.BF16);
        File.WriteAllText(_folder["a/generation_config.json"], "{\"eos_token_id\":[5]}");
        ModelWriter.Convert(ModelPlace.Find(_folder["a"]), _folder["b"], new ModelWriterOptions { Type = SafetensorsType.F32, ShardBytes = 20_000 });
        ModelFacts facts = ModelFacts.Of(ModelPlace.Find(_folder["b"]));
        Assert.True(facts.Files.Count > 1);
        Assert.Equal(facts.Size.Parameters, facts.Files.Sum(file => file.Types["F32"]));
        Assert.Equal([5], EndTokens.Of(_folder["b"]));
        ModelWriter.Convert(ModelPlace.Find(_folder["b"]), _folder["c"], new ModelWriterOptions { Type = SafetensorsType.BF16 });
        Assert.Equal(File.ReadAllBytes(_folder["a/model.safetensors"]), File.ReadAllBytes(_folder["c/model.safetensors"]));
        Says("there already", () => ModelWriter.Convert(ModelPlace.Find(_folder["a"]), _folder["b"]));
        Assert.Throws<ArgumentException>(() => ModelWriter.Convert(ModelPlace.Find(_folder["a"]), _folder["d.bin"], new ModelWriterOptions { Type = SafetensorsType.F16 }));
        Assert.Equal(["a", "b", "c"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_fresh_model_depends_on_its_seed_alone()
    {
        var options = new FreshModelOptions { Depth = 1, Vocabulary = 40, Seed = 3, Type = SafetensorsType.F32 };
        FreshModel.Write(_folder["a"], options);
        FreshModel.Write(_folder["b"], new FreshModelOptions { Config = _folder["a"], Seed = 3, Type = SafetensorsType.F32 });
        FreshModel.Write(_folder["c"], options with { Seed = 4 });
        Assert.Equal(File.ReadAllBytes(_folder["a/model.safetensors"]), File.ReadAllBytes(_folder["b/model.safetensors"]));
        Assert.NotEqual(File.ReadAllBytes(_folder["a/model.safetensors"]), File.ReadAllBytes(_folder["c/model.safetensors"]));
        Assert.Throws<ArgumentException>(() => FreshModel.Write(_folder["d"], new FreshModelOptions { Vocabulary = 40 }));
        Assert.Throws<ArgumentException>(() => FreshModel.Write(_folder["d"], options with { Vocabulary = null }));
        Assert.False(Directory.Exists(_folder["d"]));
    }

    [Fact]
    public void A_run_gives_its_newest_model_or_the_checkpoint_it_is_at()
    {
        using Decoder model = Tiny.Model();
        foreach (string name in (string[])["work/checkpoints/step-00000004", "work/checkpoints/step-00000010", "first", "second"])
            HfCheckpoint.Save(model, _folder[name]);
        string[] events =
        [
            """{"event":"run_started","time":"2026-01-01T00:00:00Z","recipe":"mine"}""",
            $$"""{"event":"stage_reused","stage":"base","folder":"{{_folder["first"]}}"}""",
            $$"""{"event":"stage_started","stage":"train","key":"k","work":"{{_folder["work"]}}"}""",
            $$"""{"event":"stage_finished","stage":"train","folder":"{{_folder["second"]}}"}""",
            $$"""{"event":"stage_finished","stage":"evaluate","folder":"{{_folder["third"]}}"}""",
        ];
        string Newest(int count)
        {
            Directory.CreateDirectory(_folder["runs/mine"]);
            File.WriteAllLines(_folder["runs/mine/events.jsonl"], events[..count]);
            return ModelPlace.Find("mine", _folder["runs"]).Path;
        }
        Publish("first", "model");
        Publish("second", "model");
        Publish("third", "evaluation");
        Says("no model yet", () => Newest(1));
        Assert.Equal(_folder["first"], Newest(2));
        Assert.Equal(_folder["work/checkpoints/step-00000010"], Newest(3));
        Directory.Delete(_folder["work"], recursive: true);
        Assert.Equal(_folder["first"], Newest(3));
        Assert.Equal(_folder["second"], Newest(4));
        Assert.Equal(_folder["second"], Newest(5));
    }

    private void Publish(string name, string produces)
    {
        Directory.CreateDirectory(_folder[name]);
        var manifest = new ArtifactManifest { Key = name, Produces = produces, Kind = "", Version = "1", Recipe = "mine", Stage = name, Basis = JsonDocument.Parse("{}").RootElement, Parents = [], Content = "", Files = [], Started = default, Published = default };
        File.WriteAllText(_folder[$"{name}/manifest.json"], JsonSerializer.Serialize(manifest, Snake));
    }

    private static void Says(string text, Action action)
    {
        Exception? error = Record.Exception(action);
        Assert.Contains(text, Assert.IsAssignableFrom<Exception>(error).Message, StringComparison.Ordinal);
    }
}
