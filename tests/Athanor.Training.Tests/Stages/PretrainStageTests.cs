using System.Text;
using System.Text.Json;
using Athanor.Models.HuggingFace;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Stages;

public sealed class PretrainStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_recipe_trains_a_model_that_predicts_its_validation_text()
    {
        Recipe recipe = new StageKitchen(_folder).Read(Base);
        IReadOnlyDictionary<string, Artifact> artifacts;
        string run;
        using (RunLedger ledger = RunLedger.Start(_folder["runs"], recipe))
        {
            artifacts = await new RecipeRunner(new ArtifactStore(_folder["store"])).Run(recipe, ledger, new RunProgress());
            run = ledger.Folder;
        }
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(artifacts["measure"].PathOf("evaluation.json")));
        JsonElement held = report.RootElement.GetProperty("validation").GetProperty("held");
        Assert.InRange(held.GetProperty("bits_per_byte").GetDouble(), 0.01, 1.2);
        Assert.Equal(StageKitchen.Sentences.Take(10).Sum(text => Encoding.UTF8.GetByteCount(text)), held.GetProperty("bytes").GetInt64());
        JsonElement sample = report.RootElement.GetProperty("samples")[0];
        Assert.Equal(("The", " 3 of 64, 8 more, from 0"), (sample.GetProperty("prompt").GetString(), sample.GetProperty("text").GetString()));
        using Models.Decoder model = HfCheckpoint.Load(artifacts["train"].Folder, Device.Default, trainable: false);
        Assert.Equal(64, model.Config.Width);
        int? end = Tokenizer.Load(artifacts["train"].Folder).EosId;
        Assert.NotNull(end);
        // Other programs stop where config.json says.
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(artifacts["train"].PathOf("config.json")));
        Assert.Equal(end, config.RootElement.GetProperty("eos_token_id").GetInt32());
        // Whoever changes the tokenizer inside the model's folder is told so.
        foreach (string file in (string[])["tokenizer.json", "tokenizer_config.json", "tokenizer_fingerprint.json"])
            Assert.Equal(File.ReadAllBytes(artifacts["tok"].PathOf(file)), File.ReadAllBytes(artifacts["train"].PathOf(file)));
        string[] metrics = File.ReadAllLines(Path.Combine(run, "metrics.jsonl"));
        foreach (string name in (string[])["train/loss", "train/bpb", "lr", "grad_norm", "tokens_per_second", "flops_per_second", "utilization", "memory_bytes", "epoch/train", "val/held/bpb"])
            Assert.Contains(metrics, line => line.Contains($"\"{name}\":", StringComparison.Ordinal));
        string[] samples = File.ReadAllLines(Path.Combine(run, "samples.jsonl"));
        Assert.Contains(samples, line => line.Contains(" 10 of 64, 8 more, from 0", StringComparison.Ordinal));
        Assert.Contains(samples, line => line.Contains(" 3 of 64, 8 more, from 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_interrupted_stage_goes_on_to_the_same_artifact()
    {
        Recipe recipe = new StageKitchen(_folder).Read(Base);
        using RunLedger first = RunLedger.Start(_folder["whole"], recipe);
        string whole = (await new RecipeRunner(new ArtifactStore(_folder["whole-store"])).Run(recipe, first, new RunProgress()))["train"].Manifest.Content;
        var store = new ArtifactStore(_folder["cut-store"]);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            using RunLedger ledger = RunLedger.Start(_folder["cut"], recipe);
            using var cancel = new CancellationTokenSource();
            string metrics = Path.Combine(ledger.Folder, "metrics.jsonl");
            int lines = (File.Exists(metrics) ? File.ReadAllLines(metrics).Length : 0) + 15;
            Task run = new RecipeRunner(store).Run(recipe, ledger, new RunProgress(), cancel.Token);
            while (!run.IsCompleted && Count(metrics) < lines)
                await Task.Delay(2);
            await cancel.CancelAsync();
            // A machine may finish the stage before it is told to stop; what counts is that the artifact is the same either way.
            try
            {
                await run;
                break;
            }
            catch (OperationCanceledException)
            {
                Assert.True(RunCatalog.Read(ledger.Folder) is not null);
            }
        }
        using RunLedger last = RunLedger.Start(_folder["cut"], recipe);
        string cut = (await new RecipeRunner(store).Run(recipe, last, new RunProgress()))["train"].Manifest.Content;
        Assert.Equal(whole, cut);
    }

    [Fact]
    public void The_dial_derives_sizes_rates_and_steps()
    {
        Recipe recipe = new StageKitchen(_folder).Read("name: a\nmodel: { depth: 6 }\nstages:\n  tok: { use: make_tokenizer }\n  tokens: { use: make_tokens, from: tok }\n  train: { use: pretrain, from: [tok, tokens], tokens: 4M }\n");
        string Value(string path) => recipe.Settings.Single(setting => setting.Path == path).Value;
        Assert.Equal("384", Value("model.width"));
        Assert.Equal("6", Value("model.heads"));
        Assert.Equal("1024", Value("model.feed_forward_width"));
        Assert.Equal("8192", Value("stages.train.batch_tokens"));
        Assert.Equal("0.00174", Value("stages.train.learning_rate"));
        Assert.Equal("19", Value("stages.train.warmup"));
    }

    private const string Base = """
        name: a
        seed: 3
        model: { depth: 1, width: 64, heads: 2 }
        stages:
          tok: { use: make_tokenizer }
          tokens: { use: make_tokens, from: tok }
          train: { use: pretrain, from: [tok, tokens], tokens: 60k, sequence_length: 64, batch_tokens: 512, learning_rate: 0.01, average: 0.9, prompts: [The method], sampling: { max_tokens: 8 } }
          measure: { use: evaluate, from: [train, tokens], prompts: [The], sampling: { max_tokens: 8 } }
        """;

    private static int Count(string path)
    {
        if (!File.Exists(path))
            return 0;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Count(c => c == '\n');
    }
}
