using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Inference.Quantization;

/// <summary>C −= A·B in fp64. A number's sum runs over the depth in order by fused multiply-adds, so its bits do not depend on how the matrix is cut.</summary>
internal static unsafe class Fp64Product
{
    private const int Rows = 4, Lanes = 8;

    /// <param name="c">[rows, columns], rows <paramref name="cStride"/> apart; the others likewise.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(double* c, long cStride, double* a, long aStride, double* b, long bStride, int rows, int columns, int depth)
    {
        int wide = columns / (2 * Lanes) * (2 * Lanes);
        // A stripe of B stays in the first-level cache while all rows pass.
        for (int j = 0; j < wide; j += 2 * Lanes)
        {
            int i = 0;
            for (; i + Rows <= rows; i += Rows)
                Tile(c + i * cStride + j, cStride, a + i * aStride, aStride, b + j, bStride, depth);
            for (; i < rows; i++)
                Row(c + i * cStride + j, a + i * aStride, b + j, bStride, depth);
        }
        for (int i = 0; i < rows; i++)
        {
            for (int j = wide; j < columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < depth; k++)
                    sum = Math.FusedMultiplyAdd(a[i * aStride + k], b[k * bStride + j], sum);
                c[i * cStride + j] -= sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile(double* c, long cStride, double* a, long aStride, double* b, long bStride, int depth)
    {
        Vector512<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (int k = 0; k < depth; k++, b += bStride)
        {
            Vector512<double> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes), x = Vector512.Create(a[k]);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(a[aStride + k]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(a[2 * aStride + k]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(a[3 * aStride + k]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
        }
        Take(c, s00, s01);
        Take(c + cStride, s10, s11);
        Take(c + 2 * cStride, s20, s21);
        Take(c + 3 * cStride, s30, s31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(double* c, double* a, double* b, long bStride, int depth)
    {
        Vector512<double> s0 = default, s1 = default;
        for (int k = 0; k < depth; k++, b += bStride)
        {
            Vector512<double> x = Vector512.Create(a[k]);
            s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b), s0);
            s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b + Lanes), s1);
        }
        Take(c, s0, s1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(double* c, Vector512<double> s0, Vector512<double> s1)
    {
        (Vector512.Load(c) - s0).Store(c);
        (Vector512.Load(c + Lanes) - s1).Store(c + Lanes);
    }
}
