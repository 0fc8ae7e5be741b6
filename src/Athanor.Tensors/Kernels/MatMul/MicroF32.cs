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
/// What a register tile asks the memory for while it computes: one line every other k. In one go the requests would wait for free
/// buffers and hold up everything behind them.
/// </summary>
internal readonly unsafe struct Ahead(byte* first, long step, long segment)
{
    /// <summary>Depth after which the next segment of requests begins.</summary>
    public const int SegmentDepth = 32;

    /// <summary>The first line, bytes between lines, and between the first lines of segments.</summary>
    public readonly byte* First = first;
    public readonly long Step = step, Segment = segment;

    /// <summary>Lines that a tile of <paramref name="depth"/> asks for.</summary>
    public static int Lines(int depth) => depth / SegmentDepth * SegmentLines;

    public const int SegmentLines = SegmentDepth / 2;
}

/// <summary>
/// The register tile of the fp32 product: up to 12 rows by two registers, one accumulator for each row and register.
/// With 16 lanes 12 rows fill 24 of the 32 registers; with 8 lanes 6 rows fill 12 of 16.
/// </summary>
internal static unsafe partial class MicroF32
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
    public static void Run<V>(int rows, float* a, float* b, float* c, long ldc, int depth, bool add, in Ahead ahead)
        where V : unmanaged, IVector<V>
    {
        switch (rows)
        {
            case 1: Tile<V, R1>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 2: Tile<V, R2>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 3: Tile<V, R3>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 4: Tile<V, R4>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 5: Tile<V, R5>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 6: Tile<V, R6>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 7: Tile<V, R7>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 8: Tile<V, R8>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 9: Tile<V, R9>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 10: Tile<V, R10>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            case 11: Tile<V, R11>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
            default: Tile<V, R12>(a, b, c, ldc, depth, add, ahead.First, ahead.Step, ahead.Segment); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<V, R>(float* a, float* b, float* c, long ldc, int depth, bool add, byte* ask, long askStep, long askSegment)
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
        for (; depth >= Ahead.SegmentDepth; depth -= Ahead.SegmentDepth, ask += askSegment)
        {
            byte* line = ask;
            for (int pairs = Ahead.SegmentDepth / 2; pairs != 0; pairs--, a += 2 * Rows<V>(), b += 2 * Columns<V>(), line += askStep)
            {
                if (Sse.IsSupported)
                    Sse.Prefetch1(line);
                {
                    V b0 = V.Load(b), b1 = V.Load(b + V.Lanes), x;
                    x = V.All(a[0]); V.AddProduct(ref c00, x, b0); V.AddProduct(ref c01, x, b1);
                    if (R.Count > 1) { x = V.All(a[1]); V.AddProduct(ref c10, x, b0); V.AddProduct(ref c11, x, b1); }
                    if (R.Count > 2) { x = V.All(a[2]); V.AddProduct(ref c20, x, b0); V.AddProduct(ref c21, x, b1); }
                    if (R.Count > 3) { x = V.All(a[3]); V.AddProduct(ref c30, x, b0); V.AddProduct(ref c31, x, b1); }
                    if (R.Count > 4) { x = V.All(a[4]); V.AddProduct(ref c40, x, b0); V.AddProduct(ref c41, x, b1); }
                    if (R.Count > 5) { x = V.All(a[5]); V.AddProduct(ref c50, x, b0); V.AddProduct(ref c51, x, b1); }
                    if (R.Count > 6) { x = V.All(a[6]); V.AddProduct(ref c60, x, b0); V.AddProduct(ref c61, x, b1); }
                    if (R.Count > 7) { x = V.All(a[7]); V.AddProduct(ref c70, x, b0); V.AddProduct(ref c71, x, b1); }
                    if (R.Count > 8) { x = V.All(a[8]); V.AddProduct(ref c80, x, b0); V.AddProduct(ref c81, x, b1); }
                    if (R.Count > 9) { x = V.All(a[9]); V.AddProduct(ref c90, x, b0); V.AddProduct(ref c91, x, b1); }
                    if (R.Count > 10) { x = V.All(a[10]); V.AddProduct(ref ca0, x, b0); V.AddProduct(ref ca1, x, b1); }
                    if (R.Count > 11) { x = V.All(a[11]); V.AddProduct(ref cb0, x, b0); V.AddProduct(ref cb1, x, b1); }
                }
                {
                    V b0 = V.Load(b + Columns<V>()), b1 = V.Load(b + Columns<V>() + V.Lanes), x;
                    x = V.All(a[Rows<V>()]); V.AddProduct(ref c00, x, b0); V.AddProduct(ref c01, x, b1);
                    if (R.Count > 1) { x = V.All(a[Rows<V>() + 1]); V.AddProduct(ref c10, x, b0); V.AddProduct(ref c11, x, b1); }
                    if (R.Count > 2) { x = V.All(a[Rows<V>() + 2]); V.AddProduct(ref c20, x, b0); V.AddProduct(ref c21, x, b1); }
                    if (R.Count > 3) { x = V.All(a[Rows<V>() + 3]); V.AddProduct(ref c30, x, b0); V.AddProduct(ref c31, x, b1); }
                    if (R.Count > 4) { x = V.All(a[Rows<V>() + 4]); V.AddProduct(ref c40, x, b0); V.AddProduct(ref c41, x, b1); }
                    if (R.Count > 5) { x = V.All(a[Rows<V>() + 5]); V.AddProduct(ref c50, x, b0); V.AddProduct(ref c51, x, b1); }
                    if (R.Count > 6) { x = V.All(a[Rows<V>() + 6]); V.AddProduct(ref c60, x, b0); V.AddProduct(ref c61, x, b1); }
                    if (R.Count > 7) { x = V.All(a[Rows<V>() + 7]); V.AddProduct(ref c70, x, b0); V.AddProduct(ref c71, x, b1); }
                    if (R.Count > 8) { x = V.All(a[Rows<V>() + 8]); V.AddProduct(ref c80, x, b0); V.AddProduct(ref c81, x, b1); }
                    if (R.Count > 9) { x = V.All(a[Rows<V>() + 9]); V.AddProduct(ref c90, x, b0); V.AddProduct(ref c91, x, b1); }
                    if (R.Count > 10) { x = V.All(a[Rows<V>() + 10]); V.AddProduct(ref ca0, x, b0); V.AddProduct(ref ca1, x, b1); }
                    if (R.Count > 11) { x = V.All(a[Rows<V>() + 11]); V.AddProduct(ref cb0, x, b0); V.AddProduct(ref cb1, x, b1); }
                }
            }
        }
        for (; depth != 0; depth--, a += Rows<V>(), b += Columns<V>())
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Lanes), x;
            x = V.All(a[0]); V.AddProduct(ref c00, x, b0); V.AddProduct(ref c01, x, b1);
            if (R.Count > 1) { x = V.All(a[1]); V.AddProduct(ref c10, x, b0); V.AddProduct(ref c11, x, b1); }
            if (R.Count > 2) { x = V.All(a[2]); V.AddProduct(ref c20, x, b0); V.AddProduct(ref c21, x, b1); }
            if (R.Count > 3) { x = V.All(a[3]); V.AddProduct(ref c30, x, b0); V.AddProduct(ref c31, x, b1); }
            if (R.Count > 4) { x = V.All(a[4]); V.AddProduct(ref c40, x, b0); V.AddProduct(ref c41, x, b1); }
            if (R.Count > 5) { x = V.All(a[5]); V.AddProduct(ref c50, x, b0); V.AddProduct(ref c51, x, b1); }
            if (R.Count > 6) { x = V.All(a[6]); V.AddProduct(ref c60, x, b0); V.AddProduct(ref c61, x, b1); }
            if (R.Count > 7) { x = V.All(a[7]); V.AddProduct(ref c70, x, b0); V.AddProduct(ref c71, x, b1); }
            if (R.Count > 8) { x = V.All(a[8]); V.AddProduct(ref c80, x, b0); V.AddProduct(ref c81, x, b1); }
            if (R.Count > 9) { x = V.All(a[9]); V.AddProduct(ref c90, x, b0); V.AddProduct(ref c91, x, b1); }
            if (R.Count > 10) { x = V.All(a[10]); V.AddProduct(ref ca0, x, b0); V.AddProduct(ref ca1, x, b1); }
            if (R.Count > 11) { x = V.All(a[11]); V.AddProduct(ref cb0, x, b0); V.AddProduct(ref cb1, x, b1); }
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
