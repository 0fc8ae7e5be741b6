using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <remarks>
/// Up to a full block of rows times one panel of B as it lies: nothing is packed, each weight is read once.
/// The sums are those of <see cref="Run"/> to the bit.
/// </remarks>
internal static unsafe partial class MicroF32
{
    /// <summary>Most rows of <see cref="RunInPlace"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MostRowsInPlace<V>() where V : unmanaged, IVector<V> => V.Lanes == 16 ? Rows<V>() : 4;

    /// <summary>Elements of k that a piece of rows of B is used for before the next panel is.</summary>
    public const int PieceDepth = 16;

    /// <summary>c[i, j] (+)= Σ a[k, i]·b[k, j] as one chain that goes on from c when <paramref name="carry"/>.</summary>
    /// <param name="rows">Rows of A, packed as for <see cref="Run"/>.</param>
    /// <param name="a">The packed rows.</param>
    /// <param name="b">Element (k, j) at b + k·stride + j elements, or, when <paramref name="turned"/>, at b + j·stride + k elements.</param>
    /// <param name="turned">Which way B lies.</param>
    /// <param name="stride">Bytes between lines of B.</param>
    /// <param name="c">Sums, rows <paramref name="ldc"/> apart.</param>
    /// <param name="ldc">Floats between rows of sums.</param>
    /// <param name="depth">Elements to sum.</param>
    /// <param name="carry">Whether sums go on from c.</param>
    /// <param name="next">How many bytes further the piece of B lies that comes next and is asked for meanwhile, when <paramref name="turned"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RunInPlace<V, T>(int rows, float* a, byte* b, bool turned, long stride, float* c, long ldc, int depth, bool carry, long next, byte* ahead)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        switch (rows)
        {
            case 1: InPlace<V, T, R1>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 2: InPlace<V, T, R2>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 3: InPlace<V, T, R3>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 4: InPlace<V, T, R4>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 5: InPlace<V, T, R5>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 6: InPlace<V, T, R6>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 7: InPlace<V, T, R7>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 8: InPlace<V, T, R8>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 9: InPlace<V, T, R9>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 10: InPlace<V, T, R10>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            case 11: InPlace<V, T, R11>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
            default: InPlace<V, T, R12>(a, b, turned, stride, c, ldc, depth, carry, next, ahead); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InPlace<V, T, R>(float* a, byte* b, bool turned, long stride, float* c, long ldc, int depth, bool carry, long next, byte* ahead)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where R : struct, IRows
    {
        if (turned)
            TurnedPieces<V, T, R>(a, b, stride, c, ldc, depth, carry, next, ahead);
        else
            Piece<V, T, R>(a, b, stride, c, ldc, depth, carry);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnedPieces<V, T, R>(float* a, byte* b, long stride, float* c, long ldc, int depth, bool carry, long next, byte* ahead)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where R : struct, IRows
    {
        if (V.Lanes == 16 && R.Count <= MostRowsTurned)
        {
            int rest = TurnedSquares<T, R>(a, b, stride, c, ldc, depth, carry, next, ahead), done = depth - rest;
            if (rest == 0)
                return;
            a += done * Rows<V>();
            b += done * T.Size;
            depth = rest;
            carry |= done > 0;
        }
        // Two squares of 16 columns and up to 32 k.
        float* square = stackalloc float[32 * 32 + 16];
        square = (float*)(((nint)square + 63) & ~63);
        int step = TransposeTile.Depth<V, T>();
        for (; depth > 0; depth -= step, b += step * T.Size, a += step * Rows<V>(), carry = true)
        {
            int count = Math.Min(step, depth);
            if (count == step)
            {
                if (ahead != null)
                {
                    PageStreams.Ask(ahead, 2 * V.Lanes * V.Lanes * sizeof(float));
                    ahead += 2 * V.Lanes * V.Lanes * sizeof(float);
                }
                else if (Sse.IsSupported)
                {
                    PackF32.AskFor<V>(b + next, stride);
                    PackF32.AskFor<V>(b + V.Lanes * stride + next, stride);
                }
                TransposeTile.Turn<V, T>(b, stride, square, Columns<V>());
                TransposeTile.Turn<V, T>(b + V.Lanes * stride, stride, square + V.Lanes, Columns<V>());
            }
            else
            {
                PackF32.Corner<V, T>(b, stride, V.Lanes, count, square, Columns<V>());
                PackF32.Corner<V, T>(b + V.Lanes * stride, stride, V.Lanes, count, square + V.Lanes, Columns<V>());
            }
            Piece<V, StoredF32, R>(a, (byte*)square, Columns<V>() * sizeof(float), c, ldc, count, carry);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Piece<V, T, R>(float* a, byte* b, long stride, float* c, long ldc, int depth, bool carry)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where R : struct, IRows
    {
        if (R.Count > Rows<V>())
            return;
        V c00 = V.Zero, c01 = V.Zero, c10 = V.Zero, c11 = V.Zero, c20 = V.Zero, c21 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero, c40 = V.Zero, c41 = V.Zero, c50 = V.Zero, c51 = V.Zero;
        V c60 = V.Zero, c61 = V.Zero, c70 = V.Zero, c71 = V.Zero, c80 = V.Zero, c81 = V.Zero;
        V c90 = V.Zero, c91 = V.Zero, ca0 = V.Zero, ca1 = V.Zero, cb0 = V.Zero, cb1 = V.Zero;
        if (carry)
        {
            float* from = c;
            Take(from, out c00, out c01);
            if (R.Count > 1) Take(from += ldc, out c10, out c11);
            if (R.Count > 2) Take(from += ldc, out c20, out c21);
            if (R.Count > 3) Take(from += ldc, out c30, out c31);
            if (R.Count > 4) Take(from += ldc, out c40, out c41);
            if (R.Count > 5) Take(from += ldc, out c50, out c51);
            if (R.Count > 6) Take(from += ldc, out c60, out c61);
            if (R.Count > 7) Take(from += ldc, out c70, out c71);
            if (R.Count > 8) Take(from += ldc, out c80, out c81);
            if (R.Count > 9) Take(from += ldc, out c90, out c91);
            if (R.Count > 10) Take(from += ldc, out ca0, out ca1);
            if (R.Count > 11) Take(from += ldc, out cb0, out cb1);
        }
        byte* ask = b + PieceDepth * stride;
        for (; depth != 0; depth--, a += Rows<V>(), b += stride, ask += stride)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(ask);
                Sse.Prefetch0(ask + 64);
            }
            V b0 = T.Load<V>(b, 0), b1 = T.Load<V>(b, V.Lanes), x;
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
        Put(c, c00, c01, false);
        if (R.Count > 1) Put(c += ldc, c10, c11, false);
        if (R.Count > 2) Put(c += ldc, c20, c21, false);
        if (R.Count > 3) Put(c += ldc, c30, c31, false);
        if (R.Count > 4) Put(c += ldc, c40, c41, false);
        if (R.Count > 5) Put(c += ldc, c50, c51, false);
        if (R.Count > 6) Put(c += ldc, c60, c61, false);
        if (R.Count > 7) Put(c += ldc, c70, c71, false);
        if (R.Count > 8) Put(c += ldc, c80, c81, false);
        if (R.Count > 9) Put(c += ldc, c90, c91, false);
        if (R.Count > 10) Put(c += ldc, ca0, ca1, false);
        if (R.Count > 11) Put(c += ldc, cb0, cb1, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take<V>(float* c, out V first, out V second)
        where V : unmanaged, IVector<V>
    {
        first = V.Load(c);
        second = V.Load(c + V.Lanes);
    }
}
