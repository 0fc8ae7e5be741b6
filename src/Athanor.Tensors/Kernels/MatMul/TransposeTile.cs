using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Turns a square of 32-bit words in registers: what packing does with operands whose inner dimension runs the wrong way.
/// Four words of four rows are turned inside each 128-bit piece; wider registers hold several such pieces, so that only
/// the loads cross pieces and they are folded into inserts.
/// </summary>
internal static unsafe class TransposeTile
{
    /// <summary>target[j·targetStride + i] = source row i, element j, for V.Lanes rows and <see cref="Depth{V,T}"/> elements, widened to fp32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn<V, T>(byte* source, long strideBytes, float* target, long targetStride)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        if (V.Lanes == 16)
            Turn16<T>(source, strideBytes, target, targetStride);
        else if (V.Lanes == 8)
            Turn8<T>(source, strideBytes, target, targetStride);
        else if (V.Lanes == 4)
            Turn4<T>(source, strideBytes, target, targetStride);
        else
            *target = T.Get(source, 0);
    }

    /// <summary>Elements of each row that one <see cref="Turn{V,T}"/> takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Depth<V, T>()
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        => V.Lanes == 1 ? 1 : V.Lanes * 4 / T.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn16<T>(byte* source, long stride, float* target, long targetStride)
        where T : struct, IStored
    {
        if ((stride & 4095) == 0)
        {
            Turn16Once<T>(source, stride, target, targetStride);
            return;
        }
        for (int piece = 0; piece < 4; piece++, source += 16)
        {
            Vector512<float> r0 = Rows512(source, stride), r1 = Rows512(source + stride, stride);
            Vector512<float> r2 = Rows512(source + 2 * stride, stride), r3 = Rows512(source + 3 * stride, stride);
            Vector512<double> t0 = Avx512F.UnpackLow(r0, r1).AsDouble(), t1 = Avx512F.UnpackHigh(r0, r1).AsDouble();
            Vector512<double> t2 = Avx512F.UnpackLow(r2, r3).AsDouble(), t3 = Avx512F.UnpackHigh(r2, r3).AsDouble();
            target = Put<T>(target, targetStride, Avx512F.UnpackLow(t0, t2).AsSingle());
            target = Put<T>(target, targetStride, Avx512F.UnpackHigh(t0, t2).AsSingle());
            target = Put<T>(target, targetStride, Avx512F.UnpackLow(t1, t3).AsSingle());
            target = Put<T>(target, targetStride, Avx512F.UnpackHigh(t1, t3).AsSingle());
        }
    }

    /// <summary>
    /// Every row in one load: rows a multiple of 4096 bytes apart share one set of the first-level cache, which holds 12 of the 16 lines,
    /// so that piecewise loads would fetch each line several times. Costs twice the shuffles.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn16Once<T>(byte* source, long stride, float* target, long targetStride)
        where T : struct, IStored
    {
        Columns(source, stride,
            out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3,
            out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3,
            out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3,
            out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        // In ascending order: a target narrower than the registers lets each row spill into the next.
        target = Put<T>(target, targetStride, a0);
        target = Put<T>(target, targetStride, a1);
        target = Put<T>(target, targetStride, a2);
        target = Put<T>(target, targetStride, a3);
        target = Put<T>(target, targetStride, b0);
        target = Put<T>(target, targetStride, b1);
        target = Put<T>(target, targetStride, b2);
        target = Put<T>(target, targetStride, b3);
        target = Put<T>(target, targetStride, c0);
        target = Put<T>(target, targetStride, c1);
        target = Put<T>(target, targetStride, c2);
        target = Put<T>(target, targetStride, c3);
        target = Put<T>(target, targetStride, d0);
        target = Put<T>(target, targetStride, d1);
        target = Put<T>(target, targetStride, d2);
        Put<T>(target, targetStride, d3);
    }

    /// <summary>The columns of 16 rows of 16 words, ascending from a0 to d3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Columns(byte* source, long stride,
        out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3,
        out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3,
        out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3,
        out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3)
    {
        Four(source, stride, out a0, out a1, out a2, out a3);
        Four(source + 4 * stride, stride, out b0, out b1, out b2, out b3);
        Four(source + 8 * stride, stride, out c0, out c1, out c2, out c3);
        Four(source + 12 * stride, stride, out d0, out d1, out d2, out d3);
        Join(a0, b0, c0, d0, out a0, out b0, out c0, out d0);
        Join(a1, b1, c1, d1, out a1, out b1, out c1, out d1);
        Join(a2, b2, c2, d2, out a2, out b2, out c2, out d2);
        Join(a3, b3, c3, d3, out a3, out b3, out c3, out d3);
    }

    // Column 4q + j of four rows in piece q of result j.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(byte* source, long stride, out Vector512<float> o0, out Vector512<float> o1, out Vector512<float> o2, out Vector512<float> o3)
    {
        Vector512<float> r0 = Vector512.Load((float*)source), r1 = Vector512.Load((float*)(source + stride));
        Vector512<float> r2 = Vector512.Load((float*)(source + 2 * stride)), r3 = Vector512.Load((float*)(source + 3 * stride));
        Vector512<double> t0 = Avx512F.UnpackLow(r0, r1).AsDouble(), t1 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        Vector512<double> t2 = Avx512F.UnpackLow(r2, r3).AsDouble(), t3 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        o0 = Avx512F.UnpackLow(t0, t2).AsSingle();
        o1 = Avx512F.UnpackHigh(t0, t2).AsSingle();
        o2 = Avx512F.UnpackLow(t1, t3).AsSingle();
        o3 = Avx512F.UnpackHigh(t1, t3).AsSingle();
    }

    // Transposes the pieces: result q is made of the four pieces q.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d,
        out Vector512<float> o0, out Vector512<float> o1, out Vector512<float> o2, out Vector512<float> o3)
    {
        Vector512<float> low = Avx512F.Shuffle4x128(a, b, 0x44), high = Avx512F.Shuffle4x128(a, b, 0xEE);
        Vector512<float> low2 = Avx512F.Shuffle4x128(c, d, 0x44), high2 = Avx512F.Shuffle4x128(c, d, 0xEE);
        o0 = Avx512F.Shuffle4x128(low, low2, 0x88);
        o1 = Avx512F.Shuffle4x128(low, low2, 0xDD);
        o2 = Avx512F.Shuffle4x128(high, high2, 0x88);
        o3 = Avx512F.Shuffle4x128(high, high2, 0xDD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Rows512(byte* source, long stride)
    {
        var rows = Vector128.Load((float*)source).ToVector256Unsafe().ToVector512Unsafe();
        rows = Avx512F.InsertVector128(rows, Vector128.Load((float*)(source + 4 * stride)), 1);
        rows = Avx512F.InsertVector128(rows, Vector128.Load((float*)(source + 8 * stride)), 2);
        return Avx512F.InsertVector128(rows, Vector128.Load((float*)(source + 12 * stride)), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn8<T>(byte* source, long stride, float* target, long targetStride)
        where T : struct, IStored
    {
        for (int piece = 0; piece < 2; piece++, source += 16)
        {
            Vector256<float> r0 = Rows256(source, stride), r1 = Rows256(source + stride, stride);
            Vector256<float> r2 = Rows256(source + 2 * stride, stride), r3 = Rows256(source + 3 * stride, stride);
            Vector256<double> t0 = Avx.UnpackLow(r0, r1).AsDouble(), t1 = Avx.UnpackHigh(r0, r1).AsDouble();
            Vector256<double> t2 = Avx.UnpackLow(r2, r3).AsDouble(), t3 = Avx.UnpackHigh(r2, r3).AsDouble();
            target = Put<T>(target, targetStride, Avx.UnpackLow(t0, t2).AsSingle());
            target = Put<T>(target, targetStride, Avx.UnpackHigh(t0, t2).AsSingle());
            target = Put<T>(target, targetStride, Avx.UnpackLow(t1, t3).AsSingle());
            target = Put<T>(target, targetStride, Avx.UnpackHigh(t1, t3).AsSingle());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Rows256(byte* source, long stride) =>
        Vector128.Load((float*)source).ToVector256Unsafe().WithUpper(Vector128.Load((float*)(source + 4 * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn4<T>(byte* source, long stride, float* target, long targetStride)
        where T : struct, IStored
    {
        Vector128<float> r0 = Vector128.Load((float*)source), r1 = Vector128.Load((float*)(source + stride));
        Vector128<float> r2 = Vector128.Load((float*)(source + 2 * stride)), r3 = Vector128.Load((float*)(source + 3 * stride));
        Vector128<double> t0 = Low(r0, r1).AsDouble(), t1 = High(r0, r1).AsDouble();
        Vector128<double> t2 = Low(r2, r3).AsDouble(), t3 = High(r2, r3).AsDouble();
        target = Put<T>(target, targetStride, Vector128.Create(t0.GetLower(), t2.GetLower()).AsSingle());
        target = Put<T>(target, targetStride, Vector128.Create(t0.GetUpper(), t2.GetUpper()).AsSingle());
        target = Put<T>(target, targetStride, Vector128.Create(t1.GetLower(), t3.GetLower()).AsSingle());
        Put<T>(target, targetStride, Vector128.Create(t1.GetUpper(), t3.GetUpper()).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    // A word of bf16 data is a pair of neighbours along k: one turned register gives two rows of fp32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Put<T>(float* target, long stride, Vector512<float> column)
        where T : struct, IStored
    {
        if (T.Size == 4)
        {
            column.Store(target);
            return target + stride;
        }
        (column.AsUInt32() << 16).AsSingle().Store(target);
        (column.AsUInt32() & Vector512.Create(0xFFFF_0000u)).AsSingle().Store(target + stride);
        return target + 2 * stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Put<T>(float* target, long stride, Vector256<float> column)
        where T : struct, IStored
    {
        if (T.Size == 4)
        {
            column.Store(target);
            return target + stride;
        }
        (column.AsUInt32() << 16).AsSingle().Store(target);
        (column.AsUInt32() & Vector256.Create(0xFFFF_0000u)).AsSingle().Store(target + stride);
        return target + 2 * stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Put<T>(float* target, long stride, Vector128<float> column)
        where T : struct, IStored
    {
        if (T.Size == 4)
        {
            column.Store(target);
            return target + stride;
        }
        (column.AsUInt32() << 16).AsSingle().Store(target);
        (column.AsUInt32() & Vector128.Create(0xFFFF_0000u)).AsSingle().Store(target + stride);
        return target + 2 * stride;
    }
}
