using System.ComponentModel.DataAnnotations;
using Athanor.Data.Shards;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>tokenize</c>.</summary>
public sealed record TokenizeSettings
{
    /// <summary>Whether every document in the shards ends with the tokenizer's end token. The trainer puts such tokens around documents itself; other readers of shards may want them in the file.</summary>
    public bool EndToken { get; init; }

    /// <summary>Training shards hold about this many tokens.</summary>
    [Range(1_000, 1L << 40)]
    public long ShardTokens { get; init; } = 100_000_000;

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Threads { get; init; }

    /// <summary>The time between notes of how far the stage is, from which it goes on after a kill.</summary>
    [Operational, Range(0, 86_400)]
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Turns documents into token shards.</summary>
public static class TokenizeStage
{
    internal static StageKind Kind { get; } = StageKind.Of<TokenizeSettings>("tokenize", "2", "Turns documents into token shards, a set for training and one for each that is held out.", DataStages.Tokens, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64), new StageInput(DataStages.Tokenizer)],
        Resumable = true,
    };

    private static Task Run(StageContext context, TokenizeSettings settings, CancellationToken cancellation)
    {
        Tokenizer tokenizer = Tokenizer.Load(context.Input(DataStages.Tokenizer).Folder);
        int? end = !settings.EndToken ? null : tokenizer.EosId ?? throw new InvalidDataException("The tokenizer has no end token (eos_token). Leave end_token out, or train one with special_tokens.");
        byte[] fingerprint = TokenizerFingerprint.Of(tokenizer);
        IReadOnlyList<DocumentSet> sets = DocumentSets.Of([.. context.Inputs.Where(input => input.Produces == DataStages.Documents)]);
        context.Progress.Expect(sets.Sum(set => set.Files.Sum(file => new FileInfo(file).Length)), "bytes");
        var run = new TokenizeRun(sets, new TokenizePlan(tokenizer, fingerprint, end, settings.ShardTokens, settings.Threads ?? 0, settings.CheckpointEvery), context.Work);
        IReadOnlyList<TokenSetSize> sizes = run.Run((bytes, tokens) => context.Progress.Report(bytes, $"{tokens:N0} tokens"), cancellation);
        foreach (string path in Directory.EnumerateFiles(context.Work).Where(path => path.EndsWith(".shard", StringComparison.Ordinal) || path.EndsWith(".lineage.jsonl", StringComparison.Ordinal)).ToArray())
            File.Move(path, Path.Combine(context.Output, Path.GetFileName(path)));
        TokenSetSize train = sizes[0];
        Dictionary<string, TokenSetSize> val = sets.Zip(sizes).Skip(1).ToDictionary(pair => pair.First.Name!, pair => pair.Second, StringComparer.Ordinal);
        new TokenSetSummary { Train = train, Val = val, Vocabulary = tokenizer.VocabularySize, EndToken = end, Tokenizer = Convert.ToHexStringLower(fingerprint) }.Write(context.Output);
        context.Note("tokens", train.Tokens);
        context.Note("characters_per_token", Math.Round((double)train.Characters / Math.Max(1, train.Tokens - (end is null ? 0 : train.Documents)), 3));
        foreach ((string set, TokenSetSize size) in val)
            context.Note($"val_{set}_tokens", size.Tokens);
        return Task.CompletedTask;
    }
}
