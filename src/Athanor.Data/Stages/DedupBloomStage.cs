using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication.Bloom;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_bloom</c>.</summary>
public sealed record DedupBloomSettings : IValidated
{
    /// <summary>What is remembered: document; paragraph (Dolma: lines); ngrams (DCLM's BFF, old-both); lsh (bands of MinHash signatures: near-duplicates in one stream).</summary>
    public BloomMode Mode { get; init; }

    /// <summary>The chance that something new seems known, once all is in. Left out, 1e-6; 0.01 an n-gram for ngrams, as DCLM ran it; 1e-5 a document for lsh.</summary>
    [Range(1e-12, 0.5)]
    public double? FalsePositiveRate { get; init; }

    /// <summary>Entries: documents, lines or n-grams. Left out, they are counted first.</summary>
    [Range(1, 1L << 50)]
    public long? Expected { get; init; }

    /// <summary>For mode ngrams: words of an n-gram.</summary>
    [Range(1, 1000)]
    public int Ngram { get; init; } = 13;

    /// <summary>For mode ngrams: paragraphs of fewer words are left alone.</summary>
    [Range(1, 1000)]
    public int MinNgram { get; init; } = 13;

    /// <summary>For mode ngrams: the share of known n-grams above which a paragraph or document goes. For lsh: the Jaccard similarity that the bands are chosen for. Left out, 0.8.</summary>
    [Range(0.05, 1.0)]
    public double Threshold { get; init; } = 0.8;

    /// <summary>Bytes that the filters may take.</summary>
    [Operational, Range(1L << 10, long.MaxValue)]
    public long Memory { get; init; } = 1L << 30;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(MinNgram <= Ngram, nameof(MinNgram), $"min_ngram is {MinNgram}, longer than an n-gram ({Ngram}).", "Write a number up to ngram.");
    }

    internal BloomOptions Options() => new(Mode, FalsePositiveRate ?? (Mode switch { BloomMode.Ngrams => 0.01, BloomMode.Lsh => 1e-5, _ => 1e-6 }), Expected, Memory)
    {
        Ngram = Ngram,
        LeastNgram = MinNgram,
        Threshold = Threshold,
        Plan = Mode == BloomMode.Lsh ? new MinHashPlan(MinHashScheme.Own, 5, LshBands.For(Threshold, 112)) : null,
    };
}

/// <summary>Removes duplicates in one stream by Bloom filters.</summary>
public static class DedupBloomStage
{
    internal const string Name = "dedup_bloom";

    internal static StageKind Kind { get; } = StageKind.Of<DedupBloomSettings>(Name, "1", "Removes what was there before in one stream, remembered by Bloom filters: documents, paragraphs, n-grams or signatures.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupBloomSettings settings, CancellationToken cancellation)
    {
        using var work = new BloomDeduplication(context, Name, settings.Options());
        work.Run(cancellation);
        return Task.CompletedTask;
    }
}
