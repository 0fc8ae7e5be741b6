namespace Athanor.Data.FastText;

/// <summary>The tree of hierarchical softmax: leaves are labels, each inner node is a row of the output matrix that says left or right. Built as fastText builds it, since its files do not hold it.</summary>
internal sealed class HuffmanTree
{
    private const long Free = 1_000_000_000_000_000;

    private readonly int[] _left, _right;

    /// <param name="counts">Of each label, most frequent first.</param>
    /// <exception cref="ArgumentException">A count is negative or all together are 10^15 or more.</exception>
    public HuffmanTree(ReadOnlySpan<long> counts)
    {
        if (!CanBe(counts))
            throw new ArgumentException("Counts of labels are negative or too large.", nameof(counts));
        Labels = counts.Length;
        int nodes = Math.Max(1, (2 * Labels) - 1);
        long[] weights = new long[nodes];
        int[] parents = new int[nodes];
        bool[] isRight = new bool[nodes];
        (_left, _right) = (new int[nodes], new int[nodes]);
        Array.Fill(weights, Free);
        Array.Fill(parents, -1);
        counts.CopyTo(weights);
        int leaf = Labels - 1, inner = Labels;
        for (int node = Labels; node < nodes; node++)
        {
            _left[node] = Next();
            _right[node] = Next();
            weights[node] = weights[_left[node]] + weights[_right[node]];
            parents[_left[node]] = parents[_right[node]] = node;
            isRight[_right[node]] = true;
        }
        Paths = new (int Row, bool Right)[Labels][];
        for (int label = 0; label < Labels; label++)
        {
            var path = new List<(int, bool)>();
            for (int node = label; parents[node] >= 0; node = parents[node])
                path.Add((parents[node] - Labels, isRight[node]));
            Paths[label] = [.. path];
        }

        int Next() => leaf >= 0 && weights[leaf] < weights[inner] ? leaf-- : inner++;
    }

    public int Labels { get; }

    /// <summary>For each label the rows from it to the root, and whether it lies to the right of them.</summary>
    public (int Row, bool Right)[][] Paths { get; }

    public static bool CanBe(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (long count in counts)
        {
            if (count is < 0 or >= Free || (sum += count) >= Free)
                return false;
        }
        return true;
    }

    /// <summary>Scores of all labels, from the product of a row with the text's vector.</summary>
    public void Score(Func<int, float> product, Span<float> logs, Span<float> scores)
    {
        int root = logs.Length - 1;
        logs[root] = 0;
        for (int node = root; node >= Labels; node--)
        {
            float right = (float)(1 / (1 + Math.Exp(-product(node - Labels))));
            logs[_left[node]] = logs[node] + FastTextScores.Log(1 - right);
            logs[_right[node]] = logs[node] + FastTextScores.Log(right);
        }
        for (int label = 0; label < Labels; label++)
            scores[label] = MathF.Exp(logs[label]);
    }
}
