using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication.Substrings;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_substrings</c>.</summary>
public sealed record DedupSubstringsSettings : IValidated
{
    /// <summary>Which copies of a repeated substring go: all_but_one, or all, as Lee et al. do.</summary>
    public SubstringCopies Copies { get; init; }

    /// <summary>Bytes of UTF-8 from which a repeated substring counts. Lee et al. take 50 tokens of two bytes.</summary>
    [Range(16, 1 << 20)]
    public int MinBytes { get; init; } = 100;

    /// <summary>Tokens from which a repeated substring counts, instead of bytes: 50 as Lee et al. have it. Needs a stage with a tokenizer in from; 0 counts bytes.</summary>
    [Range(0, 1 << 18)]
    public int MinTokens { get; init; }

    /// <summary>Characters that a removed span must have besides: 100 bytes are only 33 Chinese ones.</summary>
    [Range(1, 1 << 20)]
    public int MinCharacters { get; init; } = 50;

    /// <summary>Documents that lost something and have fewer characters left go.</summary>
    [Range(0, int.MaxValue)]
    public int MinLeft { get; init; } = 20;

    /// <summary>Bytes for suffix arrays and sorting; a corpus of more than about a sixth of it is sorted in parts that lie on disk.</summary>
    [Operational, Range(2L << 20, long.MaxValue)]
    public long Memory { get; init; } = 2L << 30;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(MinTokens is 0 or >= 8, nameof(MinTokens), $"{MinTokens} tokens stand twice in any corpus.", "Write 8 or more; Lee et al. take 50.");
    }
}

/// <summary>Removes substrings that stand more than once, by a suffix array.</summary>
public static class DedupSubstringsStage
{
    internal const string Name = "dedup_substrings";

    internal static StageKind Kind { get; } = StageKind.Of<DedupSubstringsSettings>(Name, "1", "Removes long substrings that stand more than once in the corpus, by a suffix array.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64), new StageInput(DataStages.Tokenizer, 0, 1)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupSubstringsSettings settings, CancellationToken cancellation)
    {
        Tokenizer? tokenizer = settings.MinTokens == 0 ? null
            : Tokenizer.Load((context.FindInput(DataStages.Tokenizer) ?? throw new InvalidOperationException($"'{context.Name}' counts tokens and has no tokenizer. Name a stage with a tokenizer in its 'from', or leave min_tokens out.")).Folder);
        int least = tokenizer is null ? settings.MinBytes : settings.MinTokens;
        new SubstringDeduplication(context, Name, new SubstringOptions(settings.Copies, least, settings.MinCharacters, settings.MinLeft, settings.Memory, tokenizer)).Run(cancellation);
        return Task.CompletedTask;
    }
}
