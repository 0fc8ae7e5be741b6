using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <remarks>
/// One to four rows times a panel of B whose lines run along k, with 16 lanes: columns are multiplied as they come out of the registers that turn them, where
/// more rows take them from memory several times. The sums are those of <see cref="Piece"/> to the bit.
/// </remarks>
internal static unsafe partial class MicroF32
{
    /// <summary>Most rows whose sums find room beside a square that is turned.</summary>
    private const int MostRowsTurned = 4;

    /// <summary>All whole squares of <paramref name="depth"/>; returns what is left of it. See <see cref="RunInPlace"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TurnedSquares<T, R>(float* a, byte* b, long stride, float* c, long ldc, int depth, bool carry, long next, byte* ahead)
        where T : struct, IStored
        where R : struct, IRows
    {
        const int SquareBytes = 16 * 64;
        int step = TransposeTile.Depth<F512, T>(), rows = Rows<F512>();
        Vector512<float> l0 = Start(c, carry), h0 = Start(c + 16, carry);
        Vector512<float> l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        if (R.Count > 1) { l1 = Start(c + ldc, carry); h1 = Start(c + ldc + 16, carry); }
        if (R.Count > 2) { l2 = Start(c + 2 * ldc, carry); h2 = Start(c + 2 * ldc + 16, carry); }
        if (R.Count > 3) { l3 = Start(c + 3 * ldc, carry); h3 = Start(c + 3 * ldc + 16, carry); }
        for (; depth >= step; depth -= step, b += 64, a += step * rows)
        {
            byte* lower = b + 16 * stride;
            if (ahead != null)
            {
                PageStreams.Ask(ahead, 2 * SquareBytes);
                ahead += 2 * SquareBytes;
            }
            else
            {
                PackF32.AskFor<F512>(b + next, stride);
                PackF32.AskFor<F512>(lower + next, stride);
            }
            Square<T, R>(a, b, stride, ref l0, ref l1, ref l2, ref l3);
            Square<T, R>(a, lower, stride, ref h0, ref h1, ref h2, ref h3);
        }
        l0.Store(c);
        h0.Store(c + 16);
        if (R.Count > 1) { l1.Store(c + ldc); h1.Store(c + ldc + 16); }
        if (R.Count > 2) { l2.Store(c + 2 * ldc); h2.Store(c + 2 * ldc + 16); }
        if (R.Count > 3) { l3.Store(c + 3 * ldc); h3.Store(c + 3 * ldc + 16); }
        return depth;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Start(float* c, bool carry) => carry ? Vector512.Load(c) : Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square<T, R>(float* a, byte* b, long stride,
        ref Vector512<float> s0, ref Vector512<float> s1, ref Vector512<float> s2, ref Vector512<float> s3)
        where T : struct, IStored
        where R : struct, IRows
    {
        TransposeTile.Columns(b, stride,
            out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3,
            out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3,
            out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3,
            out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        a = Add<T, R>(a, a0, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, a1, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, a2, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, a3, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, b0, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, b1, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, b2, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, b3, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, c0, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, c1, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, c2, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, c3, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, d0, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, d1, ref s0, ref s1, ref s2, ref s3);
        a = Add<T, R>(a, d2, ref s0, ref s1, ref s2, ref s3);
        Add<T, R>(a, d3, ref s0, ref s1, ref s2, ref s3);
    }

    /// <summary>One column of words, which are one k or two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Add<T, R>(float* a, Vector512<float> column, ref Vector512<float> s0, ref Vector512<float> s1, ref Vector512<float> s2, ref Vector512<float> s3)
        where T : struct, IStored
        where R : struct, IRows
    {
        if (T.Size == sizeof(float))
            return AddOne<R>(a, column, ref s0, ref s1, ref s2, ref s3);
        a = AddOne<R>(a, (column.AsUInt32() << 16).AsSingle(), ref s0, ref s1, ref s2, ref s3);
        return AddOne<R>(a, (column.AsUInt32() & Vector512.Create(0xFFFF_0000u)).AsSingle(), ref s0, ref s1, ref s2, ref s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* AddOne<R>(float* a, Vector512<float> column, ref Vector512<float> s0, ref Vector512<float> s1, ref Vector512<float> s2, ref Vector512<float> s3)
        where R : struct, IRows
    {
        s0 = Vector512.MultiplyAddEstimate(Vector512.Create(a[0]), column, s0);
        if (R.Count > 1) s1 = Vector512.MultiplyAddEstimate(Vector512.Create(a[1]), column, s1);
        if (R.Count > 2) s2 = Vector512.MultiplyAddEstimate(Vector512.Create(a[2]), column, s2);
        if (R.Count > 3) s3 = Vector512.MultiplyAddEstimate(Vector512.Create(a[3]), column, s3);
        return a + Rows<F512>();
    }
}
