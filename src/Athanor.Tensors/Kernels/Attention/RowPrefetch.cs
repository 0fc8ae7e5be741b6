using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Fetches rows before they are packed or written: rows of one head lie kilobytes apart, which the hardware does not foresee, and the loops
/// would wait for each.
/// </summary>
internal static unsafe class RowPrefetch
{
    /// <summary>The bf16 rows of one cell, from <paramref name="first"/> on; rows from <paramref name="end"/> on do not exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cell(in AttentionOperand operand, int b, int h, int first, int end, int headDim)
    {
        Rows(operand.At(b, first, h, 2), operand.Time * 2, Math.Min(TileScores.Cell, end - first), headDim);
    }

    /// <summary>So many bf16 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* row, long stride, int rows, int headDim)
    {
        const int LineBytes = 64;
        for (int i = 0; i < rows; i++, row += stride)
        {
            for (int x = 0; x < headDim * 2; x += LineBytes)
                Sse.Prefetch0(row + x);
        }
    }
}
