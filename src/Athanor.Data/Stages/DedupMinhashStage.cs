using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_minhash</c>.</summary>
public sealed record DedupMinhashSettings : IValidated
{
    /// <summary>Whose signatures: own; datatrove (FineWeb's, to the bit where words are what stands between gaps); slimpajama.</summary>
    public MinHashScheme Mode { get; init; } = MinHashScheme.Own;

    /// <summary>Jaccard similarity from which two documents are the same; candidates below it stay. Left out, 0.7; 0.8 for slimpajama.</summary>
    [Range(0.05, 1.0)]
    public double? Threshold { get; init; }

    /// <summary>Words of a shingle, characters for slimpajama. Left out, 5; 13 for slimpajama.</summary>
    [Range(1, 100)]
    public int? Ngram { get; init; }

    /// <summary>Bands of a signature; give rows too. Left out, what suits threshold and hashes; 14 for datatrove, 9 for slimpajama.</summary>
    [Range(1, 1000)]
    public int? Bands { get; init; }

    /// <summary>Minima of a band; give bands too. Left out, what suits threshold and hashes; 8 for datatrove, 13 for slimpajama.</summary>
    [Range(1, 1000)]
    public int? Rows { get; init; }

    /// <summary>For mode own without bands and rows: the most minima of a signature.</summary>
    [Range(1, 10_000)]
    public int Hashes { get; init; } = 112;

    /// <summary>For mode datatrove: xxhash, its default, or sha1, as FineWeb was made with.</summary>
    public ShingleHash Hash { get; init; }

    /// <summary>Whether candidates below the threshold are let go, by the true similarity of their shingles. Left out, yes; no for datatrove and slimpajama, which trust their bands.</summary>
    public bool? Verify { get; init; }

    /// <summary>How clusters form: leader (what goes is itself similar to what stays) or connected (chains count). Left out, leader; connected for datatrove and slimpajama.</summary>
    public ClusterMode? Clusters { get; init; }

    /// <summary>The most documents of a cluster; further ones stay.</summary>
    [Range(2, long.MaxValue)]
    public long? MaxCluster { get; init; }

    /// <summary>With how many of the best of a band's group each document is compared.</summary>
    [Range(1, 1000)]
    public int Partners { get; init; } = 16;

    /// <summary>Which document of a cluster stays: first, longest, or score (the highest number in the metadata field score_field).</summary>
    public KeepPolicy Keep { get; init; }

    /// <summary>For keep: score.</summary>
    public string? ScoreField { get; init; }

    /// <summary>Artifacts of dedup_minhash with write_index: true: what is similar to their documents goes.</summary>
    public IReadOnlyList<EarlierCorpus> Earlier { get; init; } = [];

    /// <summary>Whether signatures of the documents that stay are written for later corpora.</summary>
    public bool WriteIndex { get; init; }

    /// <summary>Bytes for sorting and for what is held by document; files lie on disk beyond that.</summary>
    [Operational, Range(4L << 20, long.MaxValue)]
    public long Memory { get; init; } = 1L << 30;

    internal double EffectiveThreshold => Threshold ?? (Mode == MinHashScheme.Slimpajama ? 0.8 : 0.7);

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Bands is null == Rows is null, nameof(Bands), "bands and rows belong together.", "Give both, or neither and a threshold.");
        check.Require(Bands is not { } bands || Rows is not { } rows || (long)bands * rows <= 20_000, nameof(Bands), $"{Bands} bands of {Rows} rows are more than 20,000 minima a document.", "RefinedWeb's 450 x 20 is the most that was published.");
        check.Require((Keep == KeepPolicy.Score) == (ScoreField is not null), nameof(ScoreField), "keep: score and score_field belong together.", "Write keep: score and score_field: NAME, or neither.");
    }

    internal MinHashOptions Options()
    {
        LshBands bands = Bands is not null ? new LshBands(Bands.Value, Rows!.Value) : Mode switch
        {
            MinHashScheme.Datatrove => new LshBands(14, 8),
            MinHashScheme.Slimpajama => new LshBands(9, 13),
            _ => LshBands.For(EffectiveThreshold, Hashes),
        };
        bool own = Mode == MinHashScheme.Own;
        return new MinHashOptions(new MinHashPlan(Mode, Ngram ?? (Mode == MinHashScheme.Slimpajama ? 13 : 5), bands, Hash), Memory)
        {
            Threshold = EffectiveThreshold,
            Verify = Verify ?? own,
            Clusters = Clusters ?? (own ? ClusterMode.Leader : ClusterMode.Connected),
            LargestCluster = MaxCluster ?? long.MaxValue,
            Partners = Partners,
            Keep = Keep,
            ScoreField = ScoreField,
            Earlier = [.. Earlier.Select(corpus => corpus.Path.FullPath)],
            WriteIndex = WriteIndex,
        };
    }
}

/// <summary>A corpus that was deduplicated before.</summary>
public sealed record EarlierCorpus
{
    /// <summary>The folder of its artifact.</summary>
    [Input]
    public required RecipePath Path { get; init; }
}

/// <summary>Removes near-duplicates by MinHash signatures and locality-sensitive hashing.</summary>
public static class DedupMinhashStage
{
    internal const string Name = "dedup_minhash";

    internal static StageKind Kind { get; } = StageKind.Of<DedupMinhashSettings>(Name, "1", "Removes documents that are nearly the same as one that stays.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupMinhashSettings settings, CancellationToken cancellation)
    {
        new MinHashDeduplication(context, Name, settings.Options()).Run(cancellation);
        return Task.CompletedTask;
    }
}
