using System.Text;
using Athanor.Data.Shards;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;
using Athanor.Training.Batches;
using Athanor.Training.Sampling;
using Athanor.Training.Stages;
using Decoder = Athanor.Models.Decoder;

namespace Athanor.Training.Tests.Testing;

/// <summary>Recipes over the stages of this library, with stages before them that make a small tokenizer and its tokens from texts at hand.</summary>
internal sealed class StageKitchen(TemporaryFolder folder) : IProgressFace
{
    private readonly List<string> _said = [];

    /// <summary>Sentences with something to learn.</summary>
    public static string[] Sentences { get; } =
        [.. Enumerable.Range(0, 120).Select(i => $"The method number {i % 7} returns the value of item {i % 5}, or null where the list has no item {i % 5}.")];

    /// <summary>What is trained on.</summary>
    public string[] Texts { get; init; } = Sentences;

    /// <summary>What is held out.</summary>
    public string[] Held { get; init; } = Sentences[..10];

    /// <summary>The lines that stages said.</summary>
    public IReadOnlyList<string> Said => _said;

    public Recipe Read(string text) => Recipe.Parse(Encoding.UTF8.GetBytes(text), Vocabulary());

    /// <summary>Runs a recipe; the ledger's folder is beside the store.</summary>
    public async Task<IReadOnlyDictionary<string, Artifact>> Run(string text, string? until = null)
    {
        Recipe recipe = Read(text);
        using RunLedger ledger = RunLedger.Start(folder["runs"], recipe);
        return await new RecipeRunner(new ArtifactStore(folder["store"]), new RunnerOptions { Until = until }).Run(recipe, ledger, new RunProgress(this));
    }

    public void Show(in ProgressReport report)
    {
        if (report is { Kind: ProgressKind.Message, Text: { } text })
            _said.Add(text);
    }

    private RecipeVocabulary Vocabulary()
    {
        var vocabulary = new RecipeVocabulary();
        PretrainStage.Register(vocabulary, new EchoingWriter());
        vocabulary.Stage(StageKind.Of<TokenizerSize>("make_tokenizer", "1", "Trains a tokenizer.", "tokenizer", (context, settings, cancel) =>
        {
            PieceScanner scanner = PieceScanners.All[0];
            BpeTrainingResult result = BpeTrainer.Train(
                DocumentSource.From([.. Sentences.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))]), new PieceCounterOptions(scanner),
                new BpeTrainerOptions(settings.Size) { SpecialTokens = ["<|end|>"], SpecialTokenPlace = SpecialTokenPlace.Start }, null, cancel);
            result.ToTokenizer(scanner, new TokenizerSettings { EosToken = "<|end|>" }).Save(context.Output);
            return Task.CompletedTask;
        }));
        vocabulary.Stage(StageKind.Of<NoSettings>("make_tokens", "1", "Tokenizes.", "tokens", (context, _, cancel) =>
        {
            Tokenizer tokenizer = Tokenizer.Load(context.Input("tokenizer").Folder);
            byte[] fingerprint = TokenizerFingerprint.Of(tokenizer);
            void Write(string name, IEnumerable<string> texts)
            {
                using var writer = new TokenShardWriter(Path.Combine(context.Output, name), tokenizer.VocabularySize, fingerprint);
                foreach (string text in texts)
                    writer.Add(tokenizer.Encode(text));
                writer.Complete(cancel);
            }
            TokenSetSize Size(string[] texts) =>
                new(texts.Length, texts.Sum(text => tokenizer.Encode(text).Length), texts.Sum(text => Encoding.UTF8.GetByteCount(text)), texts.Sum(text => text.Length));
            Write("train-00000.shard", Texts);
            Write("val-held.shard", Held);
            new TokenSetSummary
            {
                Train = Size(Texts),
                Val = new Dictionary<string, TokenSetSize> { ["held"] = Size(Held) },
                Vocabulary = tokenizer.VocabularySize,
                Tokenizer = Convert.ToHexStringLower(fingerprint),
            }.Write(context.Output);
            return Task.CompletedTask;
        }) with
        { Takes = [new StageInput("tokenizer")] });
        return vocabulary;
    }
}

/// <summary>Writes what it was asked for instead of what a model says.</summary>
internal sealed class EchoingWriter : ISampleWriter
{
    public IReadOnlyList<string> Write(Decoder model, Tokenizer tokenizer, DocumentFrame frame, IReadOnlyList<string> prompts, SamplingSettings settings, CancellationToken cancellation = default) =>
        [.. prompts.Select(prompt => FormattableString.Invariant($" {prompt.Length} of {model.Config.Width}, {settings.MaxTokens} more, from {frame.Begin}"))];
}

/// <summary>Settings of a stage without any.</summary>
public sealed record NoSettings;

/// <summary>Settings of the tokenizer of tests.</summary>
public sealed record TokenizerSize
{
    /// <summary>Tokens.</summary>
    public int Size { get; init; } = 320;
}
