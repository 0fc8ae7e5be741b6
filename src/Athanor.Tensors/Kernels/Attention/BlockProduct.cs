using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// C[M,N] (+)= A[M,K]·B[K,N] for the small fp32 blocks of attention that lie in the caches: A by single elements with any strides, so that it
/// may be transposed, B and C by whole vectors. N is a multiple of the lanes.
/// </summary>
internal static unsafe class BlockProduct
{
    /// <summary>Rows of a tile: 16 accumulators where there are 32 registers, 8 where there are 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<V>(int m, int n, int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        int column = 0;
        for (; column + 2 * V.Lanes <= n; column += 2 * V.Lanes)
        {
            int row = 0;
            if (V.Lanes == 16)
            {
                for (; row + 8 <= m; row += 8)
                    Tile8x2<V>(count, a + row * am, am, ak, b + column, ldb, c + row * ldc + column, ldc, accumulate);
            }
            for (; row + 4 <= m; row += 4)
                Tile4x2<V>(count, a + row * am, am, ak, b + column, ldb, c + row * ldc + column, ldc, accumulate);
            for (; row < m; row++)
                Tile1x2<V>(count, a + row * am, am, ak, b + column, ldb, c + row * ldc + column, ldc, accumulate);
        }
        for (; column < n; column += V.Lanes)
        {
            int row = 0;
            for (; row + 4 <= m; row += 4)
                Tile4x1<V>(count, a + row * am, am, ak, b + column, ldb, c + row * ldc + column, ldc, accumulate);
            for (; row < m; row++)
                Tile1x1<V>(count, a + row * am, am, ak, b + column, ldb, c + row * ldc + column, ldc, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile8x2<V>(int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        V c00 = V.Zero, c01 = V.Zero, c10 = V.Zero, c11 = V.Zero, c20 = V.Zero, c21 = V.Zero, c30 = V.Zero, c31 = V.Zero, c40 = V.Zero, c41 = V.Zero, c50 = V.Zero, c51 = V.Zero, c60 = V.Zero, c61 = V.Zero, c70 = V.Zero, c71 = V.Zero;
        if (accumulate)
        {
            c00 = V.Load(c);
            c01 = V.Load(c + V.Lanes);
            c10 = V.Load(c + ldc);
            c11 = V.Load(c + ldc + V.Lanes);
            c20 = V.Load(c + 2 * ldc);
            c21 = V.Load(c + 2 * ldc + V.Lanes);
            c30 = V.Load(c + 3 * ldc);
            c31 = V.Load(c + 3 * ldc + V.Lanes);
            c40 = V.Load(c + 4 * ldc);
            c41 = V.Load(c + 4 * ldc + V.Lanes);
            c50 = V.Load(c + 5 * ldc);
            c51 = V.Load(c + 5 * ldc + V.Lanes);
            c60 = V.Load(c + 6 * ldc);
            c61 = V.Load(c + 6 * ldc + V.Lanes);
            c70 = V.Load(c + 7 * ldc);
            c71 = V.Load(c + 7 * ldc + V.Lanes);
        }
        for (int k = 0; k < count; k++, a += ak, b += ldb)
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Lanes);
            var x = V.All(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
            x = V.All(*(a + am));
            c10 = V.Fma(x, b0, c10);
            c11 = V.Fma(x, b1, c11);
            x = V.All(*(a + 2 * am));
            c20 = V.Fma(x, b0, c20);
            c21 = V.Fma(x, b1, c21);
            x = V.All(*(a + 3 * am));
            c30 = V.Fma(x, b0, c30);
            c31 = V.Fma(x, b1, c31);
            x = V.All(*(a + 4 * am));
            c40 = V.Fma(x, b0, c40);
            c41 = V.Fma(x, b1, c41);
            x = V.All(*(a + 5 * am));
            c50 = V.Fma(x, b0, c50);
            c51 = V.Fma(x, b1, c51);
            x = V.All(*(a + 6 * am));
            c60 = V.Fma(x, b0, c60);
            c61 = V.Fma(x, b1, c61);
            x = V.All(*(a + 7 * am));
            c70 = V.Fma(x, b0, c70);
            c71 = V.Fma(x, b1, c71);
        }
        V.Store(c, c00);
        V.Store(c + V.Lanes, c01);
        V.Store(c + ldc, c10);
        V.Store(c + ldc + V.Lanes, c11);
        V.Store(c + 2 * ldc, c20);
        V.Store(c + 2 * ldc + V.Lanes, c21);
        V.Store(c + 3 * ldc, c30);
        V.Store(c + 3 * ldc + V.Lanes, c31);
        V.Store(c + 4 * ldc, c40);
        V.Store(c + 4 * ldc + V.Lanes, c41);
        V.Store(c + 5 * ldc, c50);
        V.Store(c + 5 * ldc + V.Lanes, c51);
        V.Store(c + 6 * ldc, c60);
        V.Store(c + 6 * ldc + V.Lanes, c61);
        V.Store(c + 7 * ldc, c70);
        V.Store(c + 7 * ldc + V.Lanes, c71);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile4x2<V>(int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        V c00 = V.Zero, c01 = V.Zero, c10 = V.Zero, c11 = V.Zero, c20 = V.Zero, c21 = V.Zero, c30 = V.Zero, c31 = V.Zero;
        if (accumulate)
        {
            c00 = V.Load(c);
            c01 = V.Load(c + V.Lanes);
            c10 = V.Load(c + ldc);
            c11 = V.Load(c + ldc + V.Lanes);
            c20 = V.Load(c + 2 * ldc);
            c21 = V.Load(c + 2 * ldc + V.Lanes);
            c30 = V.Load(c + 3 * ldc);
            c31 = V.Load(c + 3 * ldc + V.Lanes);
        }
        for (int k = 0; k < count; k++, a += ak, b += ldb)
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Lanes);
            var x = V.All(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
            x = V.All(*(a + am));
            c10 = V.Fma(x, b0, c10);
            c11 = V.Fma(x, b1, c11);
            x = V.All(*(a + 2 * am));
            c20 = V.Fma(x, b0, c20);
            c21 = V.Fma(x, b1, c21);
            x = V.All(*(a + 3 * am));
            c30 = V.Fma(x, b0, c30);
            c31 = V.Fma(x, b1, c31);
        }
        V.Store(c, c00);
        V.Store(c + V.Lanes, c01);
        V.Store(c + ldc, c10);
        V.Store(c + ldc + V.Lanes, c11);
        V.Store(c + 2 * ldc, c20);
        V.Store(c + 2 * ldc + V.Lanes, c21);
        V.Store(c + 3 * ldc, c30);
        V.Store(c + 3 * ldc + V.Lanes, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile1x2<V>(int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        V c00 = V.Zero, c01 = V.Zero;
        if (accumulate)
        {
            c00 = V.Load(c);
            c01 = V.Load(c + V.Lanes);
        }
        for (int k = 0; k < count; k++, a += ak, b += ldb)
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Lanes);
            var x = V.All(*a);
            c00 = V.Fma(x, b0, c00);
            c01 = V.Fma(x, b1, c01);
        }
        V.Store(c, c00);
        V.Store(c + V.Lanes, c01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile4x1<V>(int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        V c0 = V.Zero, c1 = V.Zero, c2 = V.Zero, c3 = V.Zero;
        if (accumulate)
        {
            c0 = V.Load(c);
            c1 = V.Load(c + ldc);
            c2 = V.Load(c + 2 * ldc);
            c3 = V.Load(c + 3 * ldc);
        }
        for (int k = 0; k < count; k++, a += ak, b += ldb)
        {
            V b0 = V.Load(b);
            var x = V.All(*a);
            c0 = V.Fma(x, b0, c0);
            x = V.All(*(a + am));
            c1 = V.Fma(x, b0, c1);
            x = V.All(*(a + 2 * am));
            c2 = V.Fma(x, b0, c2);
            x = V.All(*(a + 3 * am));
            c3 = V.Fma(x, b0, c3);
        }
        V.Store(c, c0);
        V.Store(c + ldc, c1);
        V.Store(c + 2 * ldc, c2);
        V.Store(c + 3 * ldc, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile1x1<V>(int count, float* a, long am, long ak, float* b, long ldb, float* c, long ldc, bool accumulate)
        where V : unmanaged, IVector<V>
    {
        V c0 = V.Zero;
        if (accumulate)
        {
            c0 = V.Load(c);
        }
        for (int k = 0; k < count; k++, a += ak, b += ldb)
        {
            V b0 = V.Load(b);
            var x = V.All(*a);
            c0 = V.Fma(x, b0, c0);
        }
        V.Store(c, c0);
    }
}
