using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// A run of symbols that are merged pair by pair: always the pair of lowest rank, the left-most of equals.
/// Short runs look for the lowest rank with vectors, long ones keep a heap, O(n log n). Holds its memory from run to run.
/// </summary>
internal sealed class SymbolRun
{
    // A vector scan of this many ranks costs about what a heap of as many entries costs.
    private const int ScanLimit = 256;

    private Node[] _nodes = [];
    private uint[] _ranks = [];
    private ulong[] _heap = [];
    private (int Left, int Right)[]? _splits;
    private int _count, _heapCount;

    /// <summary>The number of symbols at the start; the index of the end in the chain of <see cref="Next"/>.</summary>
    public int Count => _count;

    public int Symbol(int index) => _nodes[index].Symbol;

    /// <summary>Offset of the symbol's first byte; at <see cref="Count"/> the end of the run.</summary>
    public int Start(int index) => _nodes[index].Start;

    /// <summary>The next symbol that is left, <see cref="Count"/> at the end.</summary>
    public int Next(int index) => _nodes[index].Next;

    public void Clear() => _count = 0;

    /// <summary>Keeps from now on, for each of <paramref name="symbols"/> symbols, the pair that last came up for it.</summary>
    public void KeepSplits(int symbols) => _splits ??= new (int, int)[symbols];

    /// <summary>The pair that last came up for a symbol of this run that a merge made.</summary>
    public (int Left, int Right) Split(int symbol) => _splits![symbol];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int symbol, int start)
    {
        if (_count + 1 >= _nodes.Length)
            Grow();
        _nodes[_count++] = new Node { Symbol = symbol, Start = start, Next = _count, Previous = _count - 2 };
    }

    /// <summary>Closes the run at <paramref name="end"/> and merges it.</summary>
    public void Merge(RankedPairs table, int end)
    {
        if (_count == 0)
            return;
        _nodes[_count].Start = end;
        int last = _count - 1;
        ref Node nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        ref uint ranks = ref MemoryMarshal.GetArrayDataReference(_ranks);
        for (int i = 0; i < last; i++)
            Look(table, ref Unsafe.Add(ref nodes, i), ref Unsafe.Add(ref ranks, i), Unsafe.Add(ref nodes, i + 1).Symbol);
        _ranks[last] = RankedPairs.None;
        if (_count <= ScanLimit)
            MergeByScan(table);
        else
            MergeByHeap(table);
    }

    /// <summary>Gives memory back that a single huge run made necessary.</summary>
    public void Trim(int symbols)
    {
        if (_nodes.Length <= symbols)
            return;
        (_nodes, _ranks, _heap, _count) = ([], [], [], 0);
    }

    private void MergeByScan(RankedPairs table)
    {
        int padded = (_count + 15) & ~15;
        _ranks.AsSpan(_count, padded - _count).Fill(RankedPairs.None);
        ref uint ranks = ref MemoryMarshal.GetArrayDataReference(_ranks);
        while (true)
        {
            Vector512<uint> low = Vector512.LoadUnsafe(ref ranks);
            for (int i = 16; i < padded; i += 16)
                low = Vector512.Min(low, Vector512.LoadUnsafe(ref ranks, (nuint)i));
            uint rank = Lowest(low);
            if (rank == RankedPairs.None)
                return;
            Vector512<uint> wanted = Vector512.Create(rank);
            for (int i = 0; ; i += 16)
            {
                ulong found = Vector512.Equals(Vector512.LoadUnsafe(ref ranks, (nuint)i), wanted).ExtractMostSignificantBits();
                if (found == 0)
                    continue;
                Join(table, i + BitOperations.TrailingZeroCount(found));
                break;
            }
        }
    }

    private static uint Lowest(Vector512<uint> values)
    {
        Vector256<uint> half = Vector256.Min(values.GetLower(), values.GetUpper());
        Vector128<uint> quarter = Vector128.Min(half.GetLower(), half.GetUpper());
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create(2u, 3, 0, 1)));
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create(1u, 0, 3, 2)));
        return quarter.ToScalar();
    }

    /// <summary>Merges the pair at <paramref name="at"/> and refreshes the ranks of the two pairs beside it; returns the symbol on the left.</summary>
    private int Join(RankedPairs table, int at)
    {
        ref Node nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        ref uint ranks = ref MemoryMarshal.GetArrayDataReference(_ranks);
        ref Node node = ref Unsafe.Add(ref nodes, at);
        int gone = node.Next, after = Unsafe.Add(ref nodes, gone).Next, before = node.Previous;
        int symbol = node.Target;
        node.Symbol = symbol;
        node.Next = after;
        Unsafe.Add(ref ranks, gone) = RankedPairs.None;
        Unsafe.Add(ref ranks, at) = RankedPairs.None;
        if (before >= 0)
            Look(table, ref Unsafe.Add(ref nodes, before), ref Unsafe.Add(ref ranks, before), symbol);
        if (after < _count)
        {
            ref Node right = ref Unsafe.Add(ref nodes, after);
            right.Previous = at;
            Look(table, ref node, ref Unsafe.Add(ref ranks, at), right.Symbol);
        }
        return before;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Look(RankedPairs table, ref Node left, ref uint rank, int right)
    {
        rank = table.Find(left.Symbol, right, out left.Target);
        if (_splits is not null && rank != RankedPairs.None)
            _splits[left.Target] = (left.Symbol, right);
    }

    private void MergeByHeap(RankedPairs table)
    {
        // Each merge leaves at most two new entries and one stale one is popped or merged away, so three a symbol are enough.
        if (_heap.Length < 3L * _count)
            _heap = new ulong[Math.Min(Array.MaxLength, 3L * _nodes.Length)];
        _heapCount = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_ranks[i] != RankedPairs.None)
                _heap[_heapCount++] = Entry(i);
        }
        for (int i = (_heapCount >> 1) - 1; i >= 0; i--)
            Sift(i, _heap[i]);
        while (_heapCount > 0)
        {
            ulong top = _heap[0];
            int at = (int)(uint)top;
            if (_ranks[at] != (uint)(top >> 32))
            {
                Pop();
                continue;
            }
            int before = Join(table, at);
            // The new pair takes the place of the old one at the top: one way down instead of two.
            if (_ranks[at] != RankedPairs.None)
                Sift(0, Entry(at));
            else
                Pop();
            if (before >= 0 && _ranks[before] != RankedPairs.None)
                Push(Entry(before));
        }
    }

    private ulong Entry(int at) => ((ulong)_ranks[at] << 32) | (uint)at;

    private void Pop()
    {
        ulong last = _heap[--_heapCount];
        if (_heapCount > 0)
            Sift(0, last);
    }

    private void Push(ulong entry)
    {
        int at = _heapCount++;
        for (; at > 0 && _heap[(at - 1) >> 1] > entry; at = (at - 1) >> 1)
            _heap[at] = _heap[(at - 1) >> 1];
        _heap[at] = entry;
    }

    private void Sift(int at, ulong entry)
    {
        ulong[] heap = _heap;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= _heapCount)
                break;
            if (child + 1 < _heapCount && heap[child + 1] < heap[child])
                child++;
            if (heap[child] >= entry)
                break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = entry;
    }

    private void Grow()
    {
        // The vector scan reads whole groups of sixteen ranks.
        int size = (int)Math.Min(Array.MaxLength & ~15, Math.Max(64, 2L * _nodes.Length));
        Array.Resize(ref _nodes, size);
        Array.Resize(ref _ranks, size);
    }

    private struct Node
    {
        public int Symbol, Start, Next, Previous, Target;
    }
}
