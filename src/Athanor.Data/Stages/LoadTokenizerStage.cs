using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>load_tokenizer</c>.</summary>
public sealed record LoadTokenizerSettings
{
    /// <summary>A Hugging Face folder or its tokenizer.json, a SentencePiece .model, a tiktoken rank file.</summary>
    // Its fingerprint decides about reuse, not where it lies.
    [Operational]
    public required RecipePath Path { get; init; }
}

/// <summary>Takes a tokenizer that exists, for models that go on learning.</summary>
public static class LoadTokenizerStage
{
    // Only what the tokenizer is counts: the folder may hold gigabytes of weights, which need not be read.
    internal static StageKind Kind { get; } = StageKind.Of<LoadTokenizerSettings>("load_tokenizer", "1", "Takes a tokenizer that exists, for models that go on learning.", DataStages.Tokenizer, Run) with
    {
        UsesSeed = false,
        Fingerprint = settings => Convert.ToHexStringLower(Shards.TokenizerFingerprint.Of(Tokenizer.Load(((LoadTokenizerSettings)settings).Path.FullPath))),
    };

    private static Task Run(StageContext context, LoadTokenizerSettings settings, CancellationToken cancellation)
    {
        Tokenizer tokenizer = Tokenizer.Load(settings.Path.FullPath);
        tokenizer.Save(context.Output);
        context.Note("vocabulary", tokenizer.VocabularySize);
        return Task.CompletedTask;
    }
}
