using Athanor.Data.Documents;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>Shows clusters: how many there are of each size, and of the largest ones and some chosen at random the first members with their openings, as <c>clusters.jsonl</c>.</summary>
internal sealed class ClusterReport
{
    private const int Largest = 50, Chosen = 50, Members = 8, Head = 200;
    private static readonly (string Name, long From)[] Classes = [("2", 2), ("3_4", 3), ("5_99", 5), ("100_999", 100), ("1000_up", 1000)];
    private readonly long[] _counts = new long[Classes.Length];
    private readonly Dictionary<long, Cluster> _clusters = [];
    private long _total, _largest;

    private sealed record Cluster(long Rank, long Size)
    {
        public List<(string Id, double Similarity, string Head)> Members { get; } = [];
    }

    public ClusterReport(MinHashClusters clusters, long documents)
    {
        var largest = new PriorityQueue<Cluster, (long, long)>();
        var chosen = new PriorityQueue<Cluster, ulong>();
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        for (long rank = 0; rank < documents; rank++)
        {
            long size = clusters.Size(rank);
            if (size < 2)
                continue;
            _total++;
            _largest = Math.Max(_largest, size);
            _counts[Array.FindLastIndex(Classes, entry => size >= entry.From)]++;
            var cluster = new Cluster(rank, size);
            largest.Enqueue(cluster, (size, -rank));
            if (largest.Count > Largest)
                largest.Dequeue();
            // The lowest hashes stay: a sample that depends on nothing but the ranks.
            BitConverter.TryWriteBytes(bytes, rank);
            chosen.Enqueue(cluster, ~XxHash64.Of(bytes));
            if (chosen.Count > Chosen)
                chosen.Dequeue();
        }
        foreach (Cluster cluster in largest.UnorderedItems.Select(item => item.Element).Concat(chosen.UnorderedItems.Select(item => item.Element)))
            _clusters[cluster.Rank] = cluster;
    }

    /// <summary>Takes a document of a cluster by the rank of the one that stays.</summary>
    public void Add(long keptRank, Document document, double similarity)
    {
        if (!_clusters.TryGetValue(keptRank, out Cluster? cluster) || cluster.Members.Count >= Members)
            return;
        int length = Math.Min(Head, document.Text.Length);
        if (length < document.Text.Length && char.IsHighSurrogate(document.Text[length - 1]))
            length--;
        cluster.Members.Add((document.Id, similarity, document.Text[..length]));
    }

    public void Write(string folder, StageContext context, Func<long, string> idOfRank)
    {
        context.Note("clusters", _total);
        context.Note("largest_cluster", _largest);
        for (int i = 0; i < Classes.Length; i++)
            context.Note($"clusters_of_{Classes[i].Name}", _counts[i]);
        if (_clusters.Count == 0)
            return;
        using var writer = new DocumentWriter(Path.Combine(folder, "clusters.jsonl"));
        foreach (Cluster cluster in _clusters.Values.OrderByDescending(cluster => cluster.Size).ThenBy(cluster => cluster.Rank))
        {
            writer.WriteObject((cluster, idOfRank(cluster.Rank)), static (json, state) =>
            {
                json.WriteNumber("size", state.cluster.Size);
                json.WriteString("kept", state.Item2);
                json.WriteStartArray("members");
                foreach ((string id, double similarity, string head) in state.cluster.Members)
                {
                    json.WriteStartObject();
                    json.WriteString("id", id);
                    json.WriteNumber("similarity", Math.Round(similarity, 4));
                    json.WriteString("head", head);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            });
        }
    }
}
