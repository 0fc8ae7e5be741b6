namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// How often FineWeb-2 repeats a document that stays for a cluster: pages that the web copies a little are better than average, those that it copies without end are not
/// (Penedo et al. 2025, "FineWeb2", rehydration for English-size corpora: 1, 2, 3 at 3–4, 5 at 5–99, 8 at 100–999, 1 from 1,000 on).
/// </summary>
internal static class Rehydration
{
    public const string SizeField = "minhash_cluster_size", RepeatField = "minhash_repeat";

    public static int Repeat(long clusterSize) => clusterSize switch
    {
        <= 1 => 1,
        2 => 2,
        <= 4 => 3,
        <= 99 => 5,
        <= 999 => 8,
        _ => 1,
    };
}
