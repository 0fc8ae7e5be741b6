using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>load_tokenizer</c>.</summary>
public sealed record LoadTokenizerSettings
{
    /// <summary>A Hugging Face folder or its tokenizer.json, a SentencePiece .model, a tiktoken rank file. Left out where a model is named in from, whose tokenizer is taken.</summary>
    // Its fingerprint decides about reuse, not where it lies.
    [Operational]
    public RecipePath? Path { get; init; }
}

/// <summary>Takes a tokenizer that exists, for models that go on learning.</summary>
public static class LoadTokenizerStage
{
    private const string Model = "model";

    // Only what the tokenizer is counts: the folder may hold gigabytes of weights, which need not be read.
    internal static StageKind Kind { get; } = StageKind.Of<LoadTokenizerSettings>("load_tokenizer", "1", "Takes a tokenizer that exists, for models that go on learning.", DataStages.Tokenizer, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(Model, 0, 1)],
        Fingerprint = settings => ((LoadTokenizerSettings)settings).Path is { } path ? Convert.ToHexStringLower(Shards.TokenizerFingerprint.Of(Tokenizer.Load(path.FullPath))) : "",
    };

    private static Task Run(StageContext context, LoadTokenizerSettings settings, CancellationToken cancellation)
    {
        if (settings.Path is null == context.FindInput(Model) is null)
            throw new InvalidDataException("A tokenizer comes from 'path' or from a model in 'from': write one of them.");
        Tokenizer tokenizer = Tokenizer.Load(settings.Path?.FullPath ?? context.Input(Model).Folder);
        tokenizer.Save(context.Output);
        context.Note("vocabulary", tokenizer.VocabularySize);
        return Task.CompletedTask;
    }
}
