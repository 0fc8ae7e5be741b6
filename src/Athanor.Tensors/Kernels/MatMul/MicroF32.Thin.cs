using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <remarks>
/// A few rows times weights as they lie in memory: each weight is read once. The sums are those of <see cref="Run"/> to the bit.
/// </remarks>
internal static unsafe partial class MicroF32
{
    /// <summary>Most rows of the thin forms: with more, packing first is faster.</summary>
    public const int MostThinRows = 4;

    // How far ahead the weights are asked for: 1 KB of each of 32 columns, or 8 rows.
    private const int AheadBytes = 1024, AheadRows = 8;

    /// <summary>A panel of columns whose elements run along k: squares are turned in registers and multiplied at once.</summary>
    /// <param name="rows">Rows of A, packed as for <see cref="Run"/>.</param>
    /// <param name="a">The packed rows.</param>
    /// <param name="b">Column j, element k at b + j·stride + k elements.</param>
    /// <param name="stride">Bytes between columns.</param>
    /// <param name="c">The sums, rows <see cref="Columns"/> apart.</param>
    /// <param name="depth">Elements to sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RunTurned<V, T>(int rows, float* a, byte* b, long stride, float* c, int depth)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        switch (rows)
        {
            case 1: Turned<V, T, R1>(a, b, stride, c, depth); break;
            case 2: Turned<V, T, R2>(a, b, stride, c, depth); break;
            case 3: Turned<V, T, R3>(a, b, stride, c, depth); break;
            default: Turned<V, T, R4>(a, b, stride, c, depth); break;
        }
    }

    /// <summary>Two panels of columns whose elements run across k: element k of all columns at b + k·stride.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RunStraight<V, T>(int rows, float* a, byte* b, long stride, float* c, int depth)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        switch (rows)
        {
            case 1: Straight<V, T, R1>(a, b, stride, c, depth); break;
            case 2: Straight<V, T, R2>(a, b, stride, c, depth); break;
            case 3: Straight<V, T, R3>(a, b, stride, c, depth); break;
            default: Straight<V, T, R4>(a, b, stride, c, depth); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turned<V, T, R>(float* a, byte* b, long stride, float* c, int depth)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where R : struct, IRows
    {
        // Two squares of 16 columns and up to 32 k.
        float* square = stackalloc float[32 * 32 + 16];
        square = (float*)(((nint)square + 63) & ~63);
        int step = TransposeTile.Depth<V, T>();
        V c00 = V.Zero, c01 = V.Zero;
        V c10 = V.Zero, c11 = V.Zero;
        V c20 = V.Zero, c21 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero;
        for (; depth > 0; depth -= step, b += step * T.Size)
        {
            int count = Math.Min(step, depth);
            if (count == step)
            {
                if (Sse.IsSupported)
                    PackF32.AskFor<V>(b + AheadBytes, stride);
                TransposeTile.Turn<V, T>(b, stride, square, Columns<V>());
                if (Sse.IsSupported)
                    PackF32.AskFor<V>(b + V.Lanes * stride + AheadBytes, stride);
                TransposeTile.Turn<V, T>(b + V.Lanes * stride, stride, square + V.Lanes, Columns<V>());
            }
            else
            {
                PackF32.Corner<V, T>(b, stride, V.Lanes, count, square, Columns<V>());
                PackF32.Corner<V, T>(b + V.Lanes * stride, stride, V.Lanes, count, square + V.Lanes, Columns<V>());
            }
            float* row = square;
            for (; count != 0; count--, a += Rows<V>(), row += Columns<V>())
            {
                V b0 = V.Load(row), b1 = V.Load(row + V.Lanes), x;
                x = V.All(a[0]); V.AddProduct(ref c00, x, b0); V.AddProduct(ref c01, x, b1);
                if (R.Count > 1) { x = V.All(a[1]); V.AddProduct(ref c10, x, b0); V.AddProduct(ref c11, x, b1); }
                if (R.Count > 2) { x = V.All(a[2]); V.AddProduct(ref c20, x, b0); V.AddProduct(ref c21, x, b1); }
                if (R.Count > 3) { x = V.All(a[3]); V.AddProduct(ref c30, x, b0); V.AddProduct(ref c31, x, b1); }
            }
        }
        Put(c, c00, c01, false);
        if (R.Count > 1) Put(c + Columns<V>(), c10, c11, false);
        if (R.Count > 2) Put(c + 2 * Columns<V>(), c20, c21, false);
        if (R.Count > 3) Put(c + 3 * Columns<V>(), c30, c31, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Straight<V, T, R>(float* a, byte* b, long stride, float* c, int depth)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where R : struct, IRows
    {
        V c00 = V.Zero, c01 = V.Zero, c02 = V.Zero, c03 = V.Zero;
        V c10 = V.Zero, c11 = V.Zero, c12 = V.Zero, c13 = V.Zero;
        V c20 = V.Zero, c21 = V.Zero, c22 = V.Zero, c23 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero, c32 = V.Zero, c33 = V.Zero;
        for (; depth != 0; depth--, a += Rows<V>(), b += stride)
        {
            if (Sse.IsSupported)
            {
                for (int line = 0; line < 4 * V.Lanes * T.Size; line += 64)
                    Sse.Prefetch0(b + AheadRows * stride + line);
            }
            V b0 = T.Load<V>(b, 0), b1 = T.Load<V>(b, V.Lanes), b2 = T.Load<V>(b, 2 * V.Lanes), b3 = T.Load<V>(b, 3 * V.Lanes), x;
            x = V.All(a[0]); V.AddProduct(ref c00, x, b0); V.AddProduct(ref c01, x, b1); V.AddProduct(ref c02, x, b2); V.AddProduct(ref c03, x, b3);
            if (R.Count > 1) { x = V.All(a[1]); V.AddProduct(ref c10, x, b0); V.AddProduct(ref c11, x, b1); V.AddProduct(ref c12, x, b2); V.AddProduct(ref c13, x, b3); }
            if (R.Count > 2) { x = V.All(a[2]); V.AddProduct(ref c20, x, b0); V.AddProduct(ref c21, x, b1); V.AddProduct(ref c22, x, b2); V.AddProduct(ref c23, x, b3); }
            if (R.Count > 3) { x = V.All(a[3]); V.AddProduct(ref c30, x, b0); V.AddProduct(ref c31, x, b1); V.AddProduct(ref c32, x, b2); V.AddProduct(ref c33, x, b3); }
        }
        Put(c, c00, c01, false);
        Put(c + Columns<V>(), c02, c03, false);
        c += 2 * Columns<V>();
        if (R.Count > 1) { Put(c, c10, c11, false); Put(c + Columns<V>(), c12, c13, false); }
        c += 2 * Columns<V>();
        if (R.Count > 2) { Put(c, c20, c21, false); Put(c + Columns<V>(), c22, c23, false); }
        c += 2 * Columns<V>();
        if (R.Count > 3) { Put(c, c30, c31, false); Put(c + Columns<V>(), c32, c33, false); }
    }
}
