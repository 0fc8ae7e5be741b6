using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>A number of rows as a type, so that the JIT makes one kernel for each and drops the accumulators that are not there.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}
/// <summary>
/// The register tile of the fp32 product: up to 12 rows by two registers, one accumulator for each row and register.
/// With 16 lanes 12 rows fill 24 of the 32 registers; with 8 lanes 6 rows fill 12 of 16.
/// </summary>
internal static unsafe class MicroF32
{
    private readonly struct R1 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 1; } }
    private readonly struct R2 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 2; } }
    private readonly struct R3 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 3; } }
    private readonly struct R4 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 4; } }
    private readonly struct R5 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 5; } }
    private readonly struct R6 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 6; } }
    private readonly struct R7 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 7; } }
    private readonly struct R8 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 8; } }
    private readonly struct R9 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 9; } }
    private readonly struct R10 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 10; } }
    private readonly struct R11 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 11; } }
    private readonly struct R12 : IRows { public static int Count { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 12; } }

    /// <summary>Rows of a full tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Rows<V>() where V : unmanaged, IVector<V> => V.Lanes == 16 ? 12 : V.Lanes == 8 ? 6 : 4;

    /// <summary>Columns of a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Columns<V>() where V : unmanaged, IVector<V> => 2 * V.Lanes;

    /// <summary>
    /// c[i, j] = Σ a[k, i]·b[k, j] (+ c[i, j] when <paramref name="add"/>) for the first <paramref name="rows"/> rows of a block:
    /// a is packed [depth][<see cref="Rows{V}"/>], b [depth][<see cref="Columns{V}"/>]. Every element is one chain of
    /// multiply-adds in the order of k whatever the rows, so results do not depend on how rows were cut.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<V>(int rows, float* a, float* b, float* c, long ldc, int depth, bool add)
        where V : unmanaged, IVector<V>
    {
        switch (rows)
        {
            case 1: Tile<V, R1>(a, b, c, ldc, depth, add); break;
            case 2: Tile<V, R2>(a, b, c, ldc, depth, add); break;
            case 3: Tile<V, R3>(a, b, c, ldc, depth, add); break;
            case 4: Tile<V, R4>(a, b, c, ldc, depth, add); break;
            case 5: Tile<V, R5>(a, b, c, ldc, depth, add); break;
            case 6: Tile<V, R6>(a, b, c, ldc, depth, add); break;
            case 7: Tile<V, R7>(a, b, c, ldc, depth, add); break;
            case 8: Tile<V, R8>(a, b, c, ldc, depth, add); break;
            case 9: Tile<V, R9>(a, b, c, ldc, depth, add); break;
            case 10: Tile<V, R10>(a, b, c, ldc, depth, add); break;
            case 11: Tile<V, R11>(a, b, c, ldc, depth, add); break;
            default: Tile<V, R12>(a, b, c, ldc, depth, add); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<V, R>(float* a, float* b, float* c, long ldc, int depth, bool add)
        where V : unmanaged, IVector<V>
        where R : struct, IRows
    {
        if (R.Count > Rows<V>())
            return;
        if (add && Sse.IsSupported)
        {
            // The old values are wanted when the sums are done: ask for their lines now.
            float* line = c;
            for (int i = 0; i < R.Count; i++, line += ldc)
            {
                Sse.Prefetch0(line);
                if (V.Lanes == 16)
                    Sse.Prefetch0(line + V.Lanes);
            }
        }
        V c00 = V.Zero, c01 = V.Zero;
        V c10 = V.Zero, c11 = V.Zero;
        V c20 = V.Zero, c21 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero;
        V c40 = V.Zero, c41 = V.Zero;
        V c50 = V.Zero, c51 = V.Zero;
        V c60 = V.Zero, c61 = V.Zero;
        V c70 = V.Zero, c71 = V.Zero;
        V c80 = V.Zero, c81 = V.Zero;
        V c90 = V.Zero, c91 = V.Zero;
        V ca0 = V.Zero, ca1 = V.Zero;
        V cb0 = V.Zero, cb1 = V.Zero;
        for (; depth != 0; depth--, a += Rows<V>(), b += Columns<V>())
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Lanes), x;
            x = V.All(a[0]); c00 = V.Fma(x, b0, c00); c01 = V.Fma(x, b1, c01);
            if (R.Count > 1) { x = V.All(a[1]); c10 = V.Fma(x, b0, c10); c11 = V.Fma(x, b1, c11); }
            if (R.Count > 2) { x = V.All(a[2]); c20 = V.Fma(x, b0, c20); c21 = V.Fma(x, b1, c21); }
            if (R.Count > 3) { x = V.All(a[3]); c30 = V.Fma(x, b0, c30); c31 = V.Fma(x, b1, c31); }
            if (R.Count > 4) { x = V.All(a[4]); c40 = V.Fma(x, b0, c40); c41 = V.Fma(x, b1, c41); }
            if (R.Count > 5) { x = V.All(a[5]); c50 = V.Fma(x, b0, c50); c51 = V.Fma(x, b1, c51); }
            if (R.Count > 6) { x = V.All(a[6]); c60 = V.Fma(x, b0, c60); c61 = V.Fma(x, b1, c61); }
            if (R.Count > 7) { x = V.All(a[7]); c70 = V.Fma(x, b0, c70); c71 = V.Fma(x, b1, c71); }
            if (R.Count > 8) { x = V.All(a[8]); c80 = V.Fma(x, b0, c80); c81 = V.Fma(x, b1, c81); }
            if (R.Count > 9) { x = V.All(a[9]); c90 = V.Fma(x, b0, c90); c91 = V.Fma(x, b1, c91); }
            if (R.Count > 10) { x = V.All(a[10]); ca0 = V.Fma(x, b0, ca0); ca1 = V.Fma(x, b1, ca1); }
            if (R.Count > 11) { x = V.All(a[11]); cb0 = V.Fma(x, b0, cb0); cb1 = V.Fma(x, b1, cb1); }
        }
        Put(c, c00, c01, add);
        if (R.Count > 1) Put(c += ldc, c10, c11, add);
        if (R.Count > 2) Put(c += ldc, c20, c21, add);
        if (R.Count > 3) Put(c += ldc, c30, c31, add);
        if (R.Count > 4) Put(c += ldc, c40, c41, add);
        if (R.Count > 5) Put(c += ldc, c50, c51, add);
        if (R.Count > 6) Put(c += ldc, c60, c61, add);
        if (R.Count > 7) Put(c += ldc, c70, c71, add);
        if (R.Count > 8) Put(c += ldc, c80, c81, add);
        if (R.Count > 9) Put(c += ldc, c90, c91, add);
        if (R.Count > 10) Put(c += ldc, ca0, ca1, add);
        if (R.Count > 11) Put(c += ldc, cb0, cb1, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<V>(float* c, V first, V second, bool add)
        where V : unmanaged, IVector<V>
    {
        if (add)
        {
            first += V.Load(c);
            second += V.Load(c + V.Lanes);
        }
        V.Store(c, first);
        V.Store(c + V.Lanes, second);
    }
}
