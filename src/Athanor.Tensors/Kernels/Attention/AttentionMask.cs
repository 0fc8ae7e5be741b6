using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>What a block of queries sees of a block of keys.</summary>
internal enum BlockKind
{
    /// <summary>No query sees any key: nothing to compute.</summary>
    Skipped,

    /// <summary>Some pairs are hidden.</summary>
    Partial,

    /// <summary>Every query sees every key.</summary>
    Full,
}

/// <summary>The keys that one query sees: [Start0, End0) and [Start1, End1), disjoint; an empty range has End ≤ Start.</summary>
internal readonly record struct VisibleKeys(int Start0, int End0, int Start1, int End1)
{
    public bool Contains(int key) => (key >= Start0 && key < End0) || (key >= Start1 && key < End1);
}

/// <summary>
/// Every mask is at most two ranges of keys per query: the prefix and the main range (causal, window), both cut to the segment. Blocks are
/// classified from the extremes of those ranges, so whole blocks are skipped or done without a mask whatever the mask is made of.
/// </summary>
internal static unsafe class AttentionMask
{
    /// <summary>The keys visible to query <paramref name="i"/> of row <paramref name="b"/>.</summary>
    public static VisibleKeys Row(in AttentionArgs a, int b, int i)
    {
        long p = (long)a.Offset + i;
        long from = 0, to = a.KeyLength;
        if (a.Causal)
            to = Math.Min(to, p + 1);
        if (a.Window > 0)
        {
            from = Math.Max(from, p - a.Window + 1);
            to = Math.Min(to, p + a.Window);
        }
        long low = 0, high = a.KeyLength;
        if (a.SegmentRanges != null)
        {
            int* range = a.SegmentRanges + ((long)b * a.QueryLength + i) * 2;
            (low, high) = (range[0], range[1]);
        }
        from = Math.Max(from, low);
        to = Math.Min(to, high);
        if (a.Prefix == null)
            return new(0, 0, (int)Math.Min(from, int.MaxValue), (int)Math.Max(to, 0));
        long prefixEnd = Math.Min(a.Prefix[a.PrefixByQuery ? (long)b * a.QueryLength + i : b], high);
        if (to <= from)
            return new(0, 0, (int)low, (int)Math.Max(prefixEnd, 0));
        if (prefixEnd >= from)
            return new(0, 0, (int)Math.Min(low, from), (int)Math.Max(prefixEnd, to));
        return new((int)low, (int)Math.Max(prefixEnd, 0), (int)from, (int)to);
    }

    /// <summary>
    /// Finds the key range of every query's segment. A segment is a run of equal ids: a query sees the run around its own position if that has
    /// its id, else the first run with its id. Negative ids are padding: they see nothing and nobody sees them.
    /// </summary>
    /// <param name="ranges">[B, Tq, 2]: start and end.</param>
    public static void FillSegments(in AttentionArgs a, int* ranges)
    {
        for (int b = 0; b < a.Batch; b++)
        {
            int* queries = a.QuerySegments + (long)b * a.QueryLength, keys = a.KeySegments + (long)b * a.KeyLength;
            int n = a.KeyLength, start = 0, end = 0, id = -1, searchedFor = -1, foundStart = 0, foundEnd = 0;
            for (int i = 0; i < a.QueryLength; i++, ranges += 2)
            {
                int own = queries[i];
                long p = (long)a.Offset + i;
                if (own < 0)
                {
                    (ranges[0], ranges[1]) = (0, 0);
                    continue;
                }
                if (p < n && keys[p] == own)
                {
                    if (own != id || p < start || p >= end)
                    {
                        id = own;
                        for (start = (int)p; start > 0 && keys[start - 1] == own; start--)
                        {
                        }
                        for (end = (int)p + 1; end < n && keys[end] == own; end++)
                        {
                        }
                    }
                    (ranges[0], ranges[1]) = (start, end);
                    continue;
                }
                if (own != searchedFor)
                {
                    searchedFor = own;
                    for (foundStart = 0; foundStart < n && keys[foundStart] != own; foundStart++)
                    {
                    }
                    for (foundEnd = foundStart; foundEnd < n && keys[foundEnd] == own; foundEnd++)
                    {
                    }
                }
                (ranges[0], ranges[1]) = (foundStart, foundEnd);
            }
        }
    }
}

/// <summary>A block of queries: the extremes of what its rows see, and per lane the ranges as fp32 (exact below 2^24 keys) for vector compares.</summary>
internal unsafe struct QueryBlockMask
{
    private int _anyStart0, _anyEnd0, _allStart0, _allEnd0, _anyStart1, _anyEnd1, _allStart1, _allEnd1;

    /// <summary>[4][Lanes]: Start0, End0, Start1, End1 of each query.</summary>
    public float* Bounds;
    public int Lanes;

    /// <summary>First key that any query sees, and one past the last; equal when none sees any.</summary>
    public int FirstKey, EndKey;

    /// <summary>Describes queries [first, first + count) in <paramref name="lanes"/> lanes; <paramref name="bounds"/> holds 4·lanes numbers.</summary>
    public static QueryBlockMask Create(in AttentionArgs a, int b, int first, int count, int lanes, float* bounds)
    {
        QueryBlockMask m = default;
        m.Bounds = bounds;
        m.Lanes = lanes;
        if (a.SegmentRanges == null && a.Prefix == null)
        {
            m.FillMoving(a, first, count);
            return m;
        }
        m._anyStart0 = m._anyStart1 = m._allEnd0 = m._allEnd1 = int.MaxValue;
        m._anyEnd0 = m._anyEnd1 = m._allStart0 = m._allStart1 = int.MinValue;
        for (int lane = 0; lane < count; lane++)
        {
            VisibleKeys row = AttentionMask.Row(a, b, first + lane);
            Join(row.Start0, row.End0, ref m._anyStart0, ref m._anyEnd0, ref m._allStart0, ref m._allEnd0);
            Join(row.Start1, row.End1, ref m._anyStart1, ref m._anyEnd1, ref m._allStart1, ref m._allEnd1);
            bounds[lane] = row.Start0;
            bounds[lanes + lane] = row.End0;
            bounds[2 * lanes + lane] = row.Start1;
            bounds[3 * lanes + lane] = row.End1;
        }
        for (int lane = count; lane < lanes; lane++)
            bounds[lane] = bounds[lanes + lane] = bounds[2 * lanes + lane] = bounds[3 * lanes + lane] = 0;
        m.FirstKey = Math.Max(0, Math.Min(m._anyStart0, m._anyStart1));
        m.EndKey = Math.Min(a.KeyLength, Math.Max(m._anyEnd0, m._anyEnd1));
        if (m.EndKey <= m.FirstKey)
            m.FirstKey = m.EndKey = 0;
        return m;
    }

    /// <summary>
    /// The common masks without the row-by-row search: causal and window, whose one range moves with the query, so that the extremes are at the
    /// first and the last. Says for lanes beyond the block what the last query says; nobody looks there.
    /// </summary>
    private void FillMoving(in AttentionArgs a, int first, int count)
    {
        int n = a.KeyLength, p = (int)Math.Min((long)a.Offset + first, int.MaxValue / 2), lanes = Lanes;
        int back = a.Window > 0 ? Math.Min(a.Window, int.MaxValue / 4) - 1 : int.MaxValue / 2;
        int ahead = a.Causal ? 1 : a.Window > 0 ? back + 1 : int.MaxValue / 4;
        float* bounds = Bounds;
        for (int lane = 0; lane < lanes; lane++)
        {
            int own = p + Math.Min(lane, count - 1);
            bounds[lane] = bounds[lanes + lane] = 0;
            bounds[2 * lanes + lane] = Math.Max(0, own - back);
            bounds[3 * lanes + lane] = Math.Min(n, own + ahead);
        }
        _allStart0 = _anyStart0 = int.MaxValue;
        _allEnd0 = _anyEnd0 = int.MinValue;
        _anyStart1 = Math.Max(0, p - back);
        _allStart1 = Math.Max(0, p + count - 1 - back);
        _anyEnd1 = Math.Min(n, p + count - 1 + ahead);
        _allEnd1 = Math.Min(n, p + ahead);
        bool empty = _anyEnd1 <= _anyStart1;
        FirstKey = empty ? 0 : _anyStart1;
        EndKey = empty ? 0 : _anyEnd1;
    }

    /// <summary>Lanes that each see one range: the third and fourth quarter of <paramref name="bounds"/>, which the caller has filled, the others 0.</summary>
    public static QueryBlockMask OfRanges(float* bounds, int lanes)
    {
        var m = new QueryBlockMask
        {
            Bounds = bounds,
            Lanes = lanes,
            _anyStart0 = int.MaxValue,
            _allStart0 = int.MaxValue,
            _anyEnd0 = int.MinValue,
            _allEnd0 = int.MinValue,
            _anyStart1 = int.MaxValue,
            _allEnd1 = int.MaxValue,
        };
        for (int lane = 0; lane < lanes; lane++)
        {
            int start = (int)bounds[2 * lanes + lane], end = (int)bounds[3 * lanes + lane];
            m._anyStart1 = Math.Min(m._anyStart1, start);
            m._allStart1 = Math.Max(m._allStart1, start);
            m._anyEnd1 = Math.Max(m._anyEnd1, end);
            m._allEnd1 = Math.Min(m._allEnd1, end);
        }
        (m.FirstKey, m.EndKey) = (m._anyStart1, m._anyEnd1);
        return m;
    }

    /// <summary>What the block sees of keys [from, to).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly BlockKind Kind(int from, int to)
    {
        if ((from >= _allStart1 && to <= _allEnd1) || (from >= _allStart0 && to <= _allEnd0))
            return BlockKind.Full;
        return (to <= _anyStart1 || from >= _anyEnd1) && (to <= _anyStart0 || from >= _anyEnd0) ? BlockKind.Skipped : BlockKind.Partial;
    }

    private static void Join(int start, int end, ref int anyStart, ref int anyEnd, ref int allStart, ref int allEnd)
    {
        allStart = Math.Max(allStart, start);
        allEnd = Math.Min(allEnd, end);
        if (end <= start)
            return;
        anyStart = Math.Min(anyStart, start);
        anyEnd = Math.Max(anyEnd, end);
    }
}
