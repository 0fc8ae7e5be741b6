namespace Athanor.Tokenizers.Training;

/// <summary>Distinct pieces with counts in ascending order of (hash, bytes), from memory or from a file.</summary>
internal abstract class PieceRun : IDisposable
{
    public abstract ulong Hash { get; }

    public abstract ReadOnlySpan<byte> Piece { get; }

    public abstract long Count { get; }

    /// <summary>Moves to the next piece; false at the end.</summary>
    public abstract bool Next();

    public virtual void Dispose()
    {
    }

    /// <summary>Reads several runs as one: equal pieces are added up and each is given to <paramref name="take"/> once, in ascending order.</summary>
    public static void Merge(IReadOnlyList<PieceRun> runs, Action<PieceRun, long> take, CancellationToken cancellation)
    {
        var heap = new PriorityQueue<PieceRun, PieceRun>(runs.Count, Comparer<PieceRun>.Create(Compare));
        foreach (PieceRun run in runs)
        {
            if (run.Next())
                heap.Enqueue(run, run);
        }
        var equal = new List<PieceRun>(runs.Count);
        for (int steps = 0; heap.TryDequeue(out PieceRun? first, out _); steps++)
        {
            if ((steps & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            long count = first.Count;
            equal.Clear();
            while (heap.TryPeek(out PieceRun? other, out _) && Compare(first, other) == 0)
            {
                count += other.Count;
                equal.Add(heap.Dequeue());
            }
            take(first, count);
            equal.Add(first);
            foreach (PieceRun run in equal)
            {
                if (run.Next())
                    heap.Enqueue(run, run);
            }
        }
    }

    private static int Compare(PieceRun a, PieceRun b)
    {
        int order = a.Hash.CompareTo(b.Hash);
        return order != 0 ? order : a.Piece.SequenceCompareTo(b.Piece);
    }
}
