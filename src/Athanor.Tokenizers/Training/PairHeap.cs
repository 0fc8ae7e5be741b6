namespace Athanor.Tokenizers.Training;

/// <summary>
/// A heap of pairs, highest count first, ties by the ascending pair. Counts only ever fall after a pair was put in, so an entry that turns out
/// to be out of date is put back with its present count and the first up-to-date one is the true maximum.
/// </summary>
internal sealed class PairHeap
{
    private Entry[] _entries = new Entry[256];

    public readonly record struct Entry(long Count, ulong Pair, int Index)
    {
        public bool Before(in Entry other) => Count > other.Count || (Count == other.Count && Pair < other.Pair);
    }

    public int Count { get; private set; }

    public long Memory => 24L * _entries.Length;

    public ref readonly Entry Top => ref _entries[0];

    public void Clear() => Count = 0;

    public void Push(in Entry entry)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, 2 * Count);
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 2;
            if (!entry.Before(_entries[parent]))
                break;
            _entries[at] = _entries[parent];
            at = parent;
        }
        _entries[at] = entry;
    }

    public void Pop()
    {
        Entry last = _entries[--Count];
        if (Count > 0)
            Sink(last);
    }

    /// <summary>Gives the top entry a lower count.</summary>
    public void Lower(long count) => Sink(_entries[0] with { Count = count });

    private void Sink(in Entry entry)
    {
        Entry[] entries = _entries;
        int at = 0, count = Count;
        while (true)
        {
            int child = 4 * at + 1;
            if (child >= count)
                break;
            int best = child;
            int end = Math.Min(child + 4, count);
            for (int other = child + 1; other < end; other++)
            {
                if (entries[other].Before(entries[best]))
                    best = other;
            }
            if (!entries[best].Before(entry))
                break;
            entries[at] = entries[best];
            at = best;
        }
        entries[at] = entry;
    }
}
