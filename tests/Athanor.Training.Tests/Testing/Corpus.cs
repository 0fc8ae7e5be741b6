using Athanor.Data.Shards;
using Athanor.Training.Batches;

namespace Athanor.Training.Tests.Testing;

/// <summary>Shards of made-up documents over a vocabulary of 40 ids, of which 0 is the end token.</summary>
internal static class Corpus
{
    public const int Vocabulary = 40, End = 0;

    public static DocumentFrame Frame { get; } = new(End, End);

    /// <summary>Documents that follow a rule a model can learn: each token is the last one plus the document's stride.</summary>
    public static int[][] Documents(int count, int seed = 1, int longest = 30)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int start = random.Next(39), stride = random.Next(1, 4);
            return Enumerable.Range(0, random.Next(1, longest + 1)).Select(i => 1 + (start + i * stride) % 39).ToArray();
        })];
    }

    public static void Write(string path, IEnumerable<int[]> documents)
    {
        using var writer = new TokenShardWriter(path, Vocabulary, new byte[32]);
        foreach (int[] document in documents)
            writer.Add(document);
        writer.Complete();
    }

    public static TokenSource Source(TemporaryFolder folder, string name, IReadOnlyList<int[]> documents, int shards = 1)
    {
        var paths = new List<string>();
        for (int i = 0; i < shards; i++)
        {
            int from = documents.Count * i / shards, to = documents.Count * (i + 1) / shards;
            paths.Add(folder[$"{name}-{i}.shard"]);
            Write(paths[^1], documents.Skip(from).Take(to - from));
        }
        return TokenSource.Open(name, paths);
    }
}
