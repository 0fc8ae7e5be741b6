using System.Globalization;
using System.Text;
using System.Text.Json;
using Athanor.Data.Stages;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Training.Stages;
using Athanor.Training.Tests.Testing;
using Decoder = Athanor.Models.Decoder;

namespace Athanor.Training.Tests.Stages;

/// <summary>Models that go on learning, through recipes of real stages.</summary>
public sealed class LoadModelStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Tokenizer _tokenizer = Words.Tokenizer();
    private readonly Messages _messages = new();

    public LoadModelStageTests()
    {
        string[] domain = [.. Enumerable.Range(0, 150).Select(i => $"Photosynthesis number {i % 9} converts radiation into carbohydrates at chloroplast {i % 13}.")];
        File.WriteAllText(_folder["field.txt"], string.Join('\n', domain));
        Base("base", new ModelConfig { VocabularySize = _tokenizer.VocabularySize, Width = 32, Layers = 1, Heads = 2, FeedForwardWidth = 64, ContextLength = 32, TieEmbeddings = true });
    }

    public void Dispose() => _folder.Dispose();

    private void Base(string name, ModelConfig config, SafetensorsType? type = null)
    {
        using var model = new Decoder(Device.Default, config, DType.F32, new InitialValues(Seed: 3));
        HfCheckpoint.Save(model, _folder[name], type);
        _tokenizer.Save(_folder[name]);
    }

    private const string Adapt = """
        name: adapt
        stages:
          read: { use: read_text, path: field.txt, unit: line }
          split: { use: split, from: read, held_out: 10% }
          old: { use: load_tokenizer, path: base }
          tokenizer: { use: extend_tokenizer, from: [old, split], tokens: 40, special_tokens: [<fim_prefix>, <fim_suffix>, <fim_middle>] }
          load: { use: load_model, from: tokenizer, path: base, context_length: 64, rope: yarn, vocabulary_multiple: 16 }
          before: { use: evaluate, from: [load, split] }
          train: { use: pretrain, from: [load, tokenizer, split], tokens: 40k, batch_tokens: 512, sequence_length: 64, learning_rate: 0.005, objective: OBJECTIVE, prompts: [Photo], sampling: { max_tokens: 4 } }
          after: { use: evaluate, from: [train, split] }
        """;

    [Theory]
    [InlineData("causal", 0.7)]
    [InlineData("{ kind: fim, rate: 0.5 }", 0.8)]
    public async Task A_model_with_new_tokens_and_a_longer_context_learns_a_field(string objective, double share)
    {
        IReadOnlyDictionary<string, Artifact> made = await Run(Adapt.Replace("OBJECTIVE", objective, StringComparison.Ordinal));
        ModelConfig config = HfCheckpoint.ReadConfig(made["load"].Folder);
        Tokenizer extended = Tokenizer.Load(made["train"].Folder);
        Assert.Equal(_tokenizer.VocabularySize + 43, extended.VocabularySize);
        Assert.Equal((extended.VocabularySize + 15) / 16 * 16, config.VocabularySize);
        Assert.Equal((64, RopeScalingKind.Yarn, 2.0, 32), (config.ContextLength, config.RopeScaling!.Kind, config.RopeScaling.Factor, config.RopeScaling.OriginalContextLength));
        Assert.Equal("43", made["load"].Manifest.Notes["new_tokens"]);
        Assert.Contains("The learning rate 0.005 is above 3.39E-06 = 3e-4 x sqrt(batch_tokens / 4M), the ceiling for going on with a trained model. Lower learning_rate, or raise batch_tokens.", _messages.Texts);
        double before = Bits(made["before"]), after = Bits(made["after"]);
        Assert.True(after < share * before, $"{before} bits per byte before, {after} after.");
        Assert.Equal(Bits(made["after"]), double.Parse(made["train"].Manifest.Notes["random.bits_per_byte"], CultureInfo.InvariantCulture), 0.02);
    }

    [Fact]
    public async Task New_tokens_start_as_the_mean_of_their_pieces_and_special_ones_as_the_mean_of_all()
    {
        IReadOnlyDictionary<string, Artifact> made = await Run(Adapt[..Adapt.IndexOf("  before:", StringComparison.Ordinal)]);
        Tokenizer extended = Tokenizer.Load(made["tokenizer"].Folder);
        using SafetensorsFile old = SafetensorsFile.Open(Path.Combine(_folder["base"], "model.safetensors")), grown = SafetensorsFile.Open(made["load"].PathOf("model.safetensors"));
        float[] from = old.ReadSingles("model.embed_tokens.weight"), to = grown.ReadSingles("model.embed_tokens.weight");
        int known = _tokenizer.VocabularySize;
        Assert.Equal(from, to[..from.Length]);
        for (int id = known; id < extended.VocabularySize; id++)
        {
            string text = Encoding.UTF8.GetString(extended.GetTokenBytes(id));
            int[] pieces = extended.IsSpecial(id) ? [.. Enumerable.Range(0, known)] : _tokenizer.Encode(text);
            for (int column = 0; column < 32; column++)
                Assert.Equal(pieces.Average(piece => (double)from[piece * 32 + column]), to[id * 32 + column], 1e-6);
        }
        Assert.True(extended.IsSpecial(extended.VocabularySize - 1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SafetensorsType.F16)]
    [InlineData(SafetensorsType.BF16)]
    public async Task A_model_that_stays_as_it_is_is_copied_and_one_that_grows_keeps_its_bits(SafetensorsType? type)
    {
        Base("half", new ModelConfig { VocabularySize = 330, Width = 32, Layers = 1, Heads = 2, FeedForwardWidth = 64, ContextLength = 32, TieEmbeddings = false }, type);
        IReadOnlyDictionary<string, Artifact> made = await Run("name: a\nstages:\n  same: { use: load_model, path: half }\n  more: { use: load_model, path: half, vocabulary_multiple: 64 }\n");
        foreach (string file in (string[])["model.safetensors", "config.json", "tokenizer.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["half"], file)), File.ReadAllBytes(made["same"].PathOf(file)));
        using SafetensorsFile old = SafetensorsFile.Open(Path.Combine(_folder["half"], "model.safetensors")), grown = SafetensorsFile.Open(made["more"].PathOf("model.safetensors"));
        Assert.Equal(384, HfCheckpoint.ReadConfig(made["more"].Folder).VocabularySize);
        foreach (SafetensorsEntry entry in old.Entries)
            Assert.Equal(old.ReadSingles(entry.Name), grown.ReadSingles(entry.Name)[..(int)entry.Count]);
        Assert.Equal(old["lm_head.weight"].Type, grown["lm_head.weight"].Type);
    }

    [Fact]
    public async Task The_last_model_of_a_run_is_a_beginning_too()
    {
        await Run("name: first\nstages: { load: { use: load_model, path: base } }\n");
        IReadOnlyDictionary<string, Artifact> made = await Run("""
            name: second
            stages:
              base: { use: load_model, path: runs/first }
              tok: { use: load_tokenizer, from: base }
              longer: { use: load_model, from: [base, tok], context_length: 64, rope: ntk }
            """);
        Assert.Equal(32, HfCheckpoint.ReadConfig(made["base"].Folder).ContextLength);
        Assert.Equal(_tokenizer.VocabularySize, Tokenizer.Load(made["tok"].Folder).VocabularySize);
        Assert.Equal(64, HfCheckpoint.ReadConfig(made["longer"].Folder).ContextLength);
        Assert.True(HfCheckpoint.ReadConfig(made["longer"].Folder).RopeTheta > 10000);
        await Refused("write one of them", "stages: { load: { use: load_model } }");
        await Refused("write one of them", "stages: { load: { use: load_tokenizer } }");
    }

    [Fact]
    public async Task What_does_not_fit_is_said_with_the_remedy()
    {
        Words.Tokenizer(300).Save(_folder["other"]);
        await Refused("extend_tokenizer", "stages:\n  t: { use: load_tokenizer, path: other }\n  load: { use: load_model, from: t, path: base }\n");
        Directory.CreateDirectory(_folder["empty"]);
        await Refused("holds no model", "stages: { load: { use: load_model, path: empty } }");
        string train = Adapt.Replace("context_length: 64, rope: yarn, ", "", StringComparison.Ordinal);
        await Refused("context_length: 64", train.Replace("OBJECTIVE", "causal", StringComparison.Ordinal));
        await Refused("<extra_id_99>", Adapt.Replace("OBJECTIVE", "ul2", StringComparison.Ordinal));
        Assert.Contains("tokens is missing", Assert.Throws<RecipeException>(() => Parse(Adapt.Replace("tokens: 40k, ", "", StringComparison.Ordinal).Replace("OBJECTIVE", "causal", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        Assert.Contains("schedule: wsd", Assert.Throws<RecipeException>(() => Parse(Adapt.Replace("OBJECTIVE", "causal, decay_mixture: { split: 1 }", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        Assert.Contains("best_fit", Assert.Throws<RecipeException>(() => Parse(Adapt.Replace("OBJECTIVE", "fim, filling: concatenate", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    /// <summary>3e-4 x sqrt(512 / 4M), the rule of thumb for going on with a trained model.</summary>
    [Fact]
    public void The_learning_rate_of_a_loaded_model_follows_from_the_batch()
    {
        Recipe recipe = Parse(Adapt.Replace("learning_rate: 0.005, ", "", StringComparison.Ordinal).Replace("OBJECTIVE", "causal", StringComparison.Ordinal));
        Assert.Equal("3.39E-06", recipe.Settings.Single(setting => setting.Path == "stages.train.learning_rate").Value, ignoreCase: true);
    }

    [Fact]
    public async Task Two_sources_anneal_on_the_better_one_and_the_ledger_says_how_much_of_each()
    {
        const string recipe = """
            name: anneal
            model: { depth: 1, width: 32, heads: 2 }
            stages:
              web: { use: read_text, path: field.txt, unit: line }
              good: { use: read_text, path: field.txt, unit: line, min_length: 80 }
              tok: { use: load_tokenizer, path: base }
              train: { use: pretrain, from: [tok, web, good], tokens: 30k, batch_tokens: 512, sequence_length: 64, schedule: { kind: wsd, decay: 50% }, mixture: { web: 1 }, decay_mixture: { web: 1, good: 3 }, objective: prefix_lm, recompute: true, average: 0.9, batch_ramp: { start: 50%, over: 20% }, length_ramp: { start: 32, over: 20% }, prompts: [] }
            """;
        Recipe parsed = Parse(recipe);
        using RunLedger ledger = RunLedger.Start(_folder["anneal"], parsed, new RunLedgerOptions { TensorBoard = false });
        await new RecipeRunner(new ArtifactStore(_folder["anneal/.store"])).Run(parsed, ledger, new RunProgress());
        JsonElement[] steps = [.. File.ReadLines(Path.Combine(ledger.Folder, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("positions/good", out _))];
        double web = steps[^1].GetProperty("positions/web").GetDouble(), good = steps[^1].GetProperty("positions/good").GetDouble();
        Assert.Equal(0, steps[steps.Length / 3].GetProperty("positions/good").GetDouble());
        // A half of the steps at three quarters.
        Assert.InRange(good / (good + web), 0.28, 0.46);
        Assert.True(steps[^1].GetProperty("epoch/good").GetDouble() > 0);
    }

    private async Task Refused(string says, string recipe)
    {
        var error = await Assert.ThrowsAsync<StageException>(() => Run(recipe));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    private static double Bits(Artifact evaluation) => double.Parse(evaluation.Manifest.Notes["random.bits_per_byte"], CultureInfo.InvariantCulture);

    private Recipe Parse(string text)
    {
        RecipeVocabulary vocabulary = new RecipeVocabulary().AddData();
        PretrainStage.Register(vocabulary);
        File.WriteAllText(_folder["recipe.yaml"], text.Replace("OBJECTIVE", "causal", StringComparison.Ordinal));
        return Recipe.Load(_folder["recipe.yaml"], vocabulary);
    }

    private async Task<IReadOnlyDictionary<string, Artifact>> Run(string text)
    {
        Recipe recipe = Parse(text);
        using RunLedger ledger = RunLedger.Start(_folder["runs"], recipe, new RunLedgerOptions { TensorBoard = false });
        return await new RecipeRunner(new ArtifactStore(_folder["runs/.store"])).Run(recipe, ledger, new RunProgress(_messages));
    }

    private sealed class Messages : IProgressFace
    {
        public List<string> Texts { get; } = [];

        public void Show(in ProgressReport report)
        {
            if (report is { Kind: ProgressKind.Message, Text: { } text })
                Texts.Add(text);
        }
    }
}
