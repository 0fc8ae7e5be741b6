namespace Athanor.Inference.Speculation;

/// <summary>
/// The shape of a tree of guesses: which guesses of which head stand behind which. It is the one whose expected number of right guesses is greatest for its size, if heads are right independently of
/// one another: paths are added by the product of their guesses' accuracies.
/// </summary>
internal sealed class MedusaTree
{
    private MedusaTree(int[] parents, int[] depths, int[] ranks) => (Parents, Depths, Ranks) = (parents, depths, ranks);

    /// <summary>Of each guess the one before, or −1.</summary>
    public IReadOnlyList<int> Parents { get; }

    /// <summary>The head that says it.</summary>
    public IReadOnlyList<int> Depths { get; }

    /// <summary>Which of the head's guesses it is, from 0.</summary>
    public IReadOnlyList<int> Ranks { get; }

    /// <summary>The best tree.</summary>
    /// <param name="accuracy">How often guess r of head d is right, [d][r]; falling in r.</param>
    /// <param name="nodes">Its size at most.</param>
    /// <param name="depth">Its depth at most.</param>
    public static MedusaTree Of(IReadOnlyList<IReadOnlyList<double>> accuracy, int nodes, int depth)
    {
        depth = Math.Min(depth, accuracy.Count);
        var parents = new List<int>();
        var depths = new List<int>();
        var ranks = new List<int>();
        // Of equal ones the first that came: the tree is always the same.
        var open = new PriorityQueue<(int Parent, int Depth, int Rank, double Before), (double, int)>();
        int order = 0;
        void Offer(int parent, int at, int rank, double before)
        {
            if (at < depth && rank < accuracy[at].Count && before * accuracy[at][rank] is > 0 and var right)
                open.Enqueue((parent, at, rank, before), (-right, order++));
        }
        Offer(-1, 0, 0, 1);
        while (parents.Count < nodes && open.TryDequeue(out (int Parent, int Depth, int Rank, double Before) best, out _))
        {
            int node = parents.Count;
            parents.Add(best.Parent);
            depths.Add(best.Depth);
            ranks.Add(best.Rank);
            Offer(best.Parent, best.Depth, best.Rank + 1, best.Before);
            Offer(node, best.Depth + 1, 0, best.Before * accuracy[best.Depth][best.Rank]);
        }
        return new MedusaTree([.. parents], [.. depths], [.. ranks]);
    }
}
