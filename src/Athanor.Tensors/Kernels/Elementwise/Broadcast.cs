using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// How the operands of an elementwise kernel lie under the result: up to six dimensions, a stride in elements per operand and
/// dimension, zero where the operand is repeated. Neighbouring dimensions that step evenly are merged, so that equal shapes become one
/// dimension, a row vector [rows, cols] with outer stride 0, a column vector one with inner stride 0.
/// </summary>
internal unsafe struct Broadcast
{
    /// <summary>Most dimensions before merging.</summary>
    public const int MaxRank = 6;

    /// <summary>Dimensions after merging, at least 1; the last is the inner one.</summary>
    public int Rank;

    /// <summary>Elements of the result.</summary>
    public long Count;
    private fixed long _sizes[MaxRank];
    private fixed long _strides[3 * MaxRank];

    /// <summary>Length of the inner dimension.</summary>
    public readonly long Inner => _sizes[Rank - 1];

    /// <summary>Step of operand <paramref name="which"/> along the inner dimension.</summary>
    public readonly long InnerStride(int which) => _strides[which * MaxRank + Rank - 1];

    /// <summary>Length of the dimension before the inner one.</summary>
    public readonly long SecondSize => _sizes[Rank - 2];

    /// <summary>Step of operand <paramref name="which"/> along the dimension before the inner one.</summary>
    public readonly long SecondStride(int which) => _strides[which * MaxRank + Rank - 2];

    /// <summary>
    /// A plan for a result of <paramref name="sizes"/>; each stride list has the same length (empty: that operand is not used).
    /// </summary>
    public static Broadcast Plan(ReadOnlySpan<long> sizes, ReadOnlySpan<long> stridesA, ReadOnlySpan<long> stridesB = default, ReadOnlySpan<long> stridesC = default)
    {
        var plan = new Broadcast { Count = 1 };
        int rank = 0;
        for (int d = 0; d < sizes.Length; d++)
        {
            plan.Count *= sizes[d];
            if (sizes[d] == 1)
                continue;
            long a = stridesA[d], b = stridesB.IsEmpty ? 0 : stridesB[d], c = stridesC.IsEmpty ? 0 : stridesC[d];
            if (rank > 0 && plan._strides[rank - 1] == a * sizes[d] && plan._strides[MaxRank + rank - 1] == b * sizes[d] &&
                plan._strides[2 * MaxRank + rank - 1] == c * sizes[d])
            {
                plan._sizes[rank - 1] *= sizes[d];
                rank--;
            }
            else
            {
                if (rank == MaxRank)
                    throw new NotSupportedException($"Elementwise kernels take up to {MaxRank} dimensions that do not merge.");
                plan._sizes[rank] = sizes[d];
            }
            plan._strides[rank] = a;
            plan._strides[MaxRank + rank] = b;
            plan._strides[2 * MaxRank + rank] = c;
            rank++;
        }
        if (rank == 0)
            plan._sizes[rank++] = 1;
        plan.Rank = rank;
        return plan;
    }

    /// <summary>Writes the strides of a contiguous tensor of <paramref name="sizes"/>.</summary>
    public static void ContiguousStrides(ReadOnlySpan<long> sizes, Span<long> strides)
    {
        long step = 1;
        for (int d = sizes.Length - 1; d >= 0; d--)
        {
            strides[d] = step;
            step *= sizes[d];
        }
    }

    /// <summary>Where the operands' elements of row <paramref name="row"/> (a setting of all but the inner dimension) begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Locate(long row, out long a, out long b, out long c)
    {
        a = b = c = 0;
        for (int d = Rank - 2; d >= 0; d--)
        {
            long next = row / _sizes[d], at = row - next * _sizes[d];
            a += at * _strides[d];
            b += at * _strides[MaxRank + d];
            c += at * _strides[2 * MaxRank + d];
            row = next;
        }
    }
}
