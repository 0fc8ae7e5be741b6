using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Lists the cache lines that will be wanted soon: rows of one head lie kilobytes apart, which the hardware does not foresee, and packing or
/// storing them would wait for each. The vector loops fetch a few lines of the list per round, so that the memory works while they compute.
/// </summary>
internal unsafe struct RowPrefetch(in AttentionArgs a)
{
    private readonly AttentionOperand _q = a.Q, _k = a.K, _v = a.V;
    private readonly int _queryRows = a.QueryLength, _keyRows = a.KeyLength, _lines = (a.HeadDim * 2 + 63) / 64, _group = a.Group;
    private AttentionOperand _nextQ, _nextK, _nextV;

    /// <summary>Query head and row whose Q, K and V will be packed next.</summary>
    public void Target(int b, int h)
    {
        _nextQ = _q.Slice(b, h, 2);
        _nextK = _k.Slice(b, h / _group, 2);
        _nextV = _v.Slice(b, h / _group, 2);
    }

    /// <summary>How long a list gets when the rows are shared by so many parts.</summary>
    public readonly int MostLines(int parts) =>
        _lines * (TileScores.Cell + 3 + (_queryRows + 2 * _keyRows) / Math.Max(1, parts));

    /// <summary>Writes the addresses of <paramref name="ownRows"/> rows at <paramref name="own"/>, then those of one part of the target's rows.</summary>
    public readonly int List(byte* own, long ownStride, int ownRows, int part, int parts, nint* list)
    {
        int n = Rows(own, ownStride, ownRows, list);
        n += Share(_nextQ, _queryRows, part, parts, list + n);
        n += Share(_nextK, _keyRows, part, parts, list + n);
        return n + Share(_nextV, _keyRows, part, parts, list + n);
    }

    private readonly int Share(AttentionOperand o, int rows, int part, int parts, nint* list)
    {
        if (o.Pointer == null)
            return 0;
        int first = (int)((long)rows * part / parts), end = (int)((long)rows * (part + 1) / parts);
        return Rows(o.Pointer + first * o.Time * 2, o.Time, end - first, list);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Rows(byte* row, long stride, int count, nint* list)
    {
        int lines = _lines;
        nint* to = list;
        for (int i = 0; i < count; i++, row += stride * 2)
        {
            for (int line = 0; line < lines; line++)
                *to++ = (nint)(row + line * 64);
        }
        return (int)(to - list);
    }
}
