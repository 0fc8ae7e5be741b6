namespace Athanor.Data.Deduplication.MinHash;

/// <summary>How near-duplicates are found and removed.</summary>
/// <param name="Plan">Signatures.</param>
/// <param name="Memory">Bytes for sorting and for what is held by document.</param>
internal sealed record MinHashOptions(MinHashPlan Plan, long Memory)
{
    /// <summary>Candidates below this Jaccard similarity of their shingles are none.</summary>
    public double Threshold { get; init; } = 0.7;

    /// <summary>Whether candidates are compared by their shingles; else every candidate counts.</summary>
    public bool Verify { get; init; } = true;

    public ClusterMode Clusters { get; init; } = ClusterMode.Leader;

    /// <summary>The most documents of a cluster.</summary>
    public long LargestCluster { get; init; } = long.MaxValue;

    /// <summary>The best of a band's group that each document is compared with.</summary>
    public int Partners { get; init; } = 16;

    public KeepPolicy Keep { get; init; }

    public string? ScoreField { get; init; }

    /// <summary>Folders of indexes of earlier corpora.</summary>
    public IReadOnlyList<string> Earlier { get; init; } = [];

    public bool WriteIndex { get; init; }
}
