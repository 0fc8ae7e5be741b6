using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// The passes of <see cref="LogitRow"/> for bf16 rows on AVX-512: 32 numbers are taken as 16 double words whose upper and lower halves
/// are widened by one instruction each, without a permutation, and go back the same way.
/// </summary>
internal static unsafe class LogitRowPacked
{
    private const float Log2E = 1.44269504088896f, Ln2 = 0.693147180559945f;
    private const int Step = 32;

    // Numbers between what is read and what is fetched.
    private const int Ahead = 1024;

    /// <summary>Whether these passes serve a pair of width and storage type; a constant to the JIT.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Serves<V, T>() => Avx512DQ.IsSupported && typeof(V) == typeof(F512) && typeof(T) == typeof(StoredBf16);

    /// <summary>Largest of row[begin … end) up to whole steps; <paramref name="begin"/> moves on to the rest. NaN is skipped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(ushort* row, ref long begin, long end)
    {
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<float> a = Vector512.Create(float.NegativeInfinity), b = a;
        long i = begin;
        for (; i + Step <= end; i += Step)
        {
            Vector512<uint> pair = Vector512.Load((uint*)(row + i));
            a = Vector512.MaxNative((pair << 16).AsSingle(), a);
            b = Vector512.MaxNative((pair & upper).AsSingle(), b);
        }
        begin = i;
        return F512.MaxAcross(new F512(Vector512.MaxNative(a, b)));
    }

    /// <summary>Σ exp(x − shift) of row[0 … n). Fetches what follows, so that exponentials and reading run side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumExp(ushort* row, long n, float shift)
    {
        const ushort MinusInfinity = 0xFF80;
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<float> offset = Vector512.Create(Offset(shift, out float correction));
        Vector512<float> a = Vector512<float>.Zero, b = a;
        ushort* rest = stackalloc ushort[Step];
        long i = 0;
        for (; i + Step <= n; i += Step)
        {
            Sse.Prefetch0(row + i + Ahead);
            Vector512<uint> pair = Vector512.Load((uint*)(row + i));
            a += Exp2((pair << 16).AsSingle(), offset);
            b += Exp2((pair & upper).AsSingle(), offset);
        }
        if (i < n)
        {
            new Span<ushort>(rest, Step).Fill(MinusInfinity);
            new Span<ushort>(row + i, (int)(n - i)).CopyTo(new Span<ushort>(rest, Step));
            Vector512<uint> pair = Vector512.Load((uint*)rest);
            a += Exp2((pair << 16).AsSingle(), offset);
            b += Exp2((pair & upper).AsSingle(), offset);
        }
        return Vector512.Sum(a + b) * correction;
    }

    /// <summary>
    /// row = exp(x − shift) / correction of row[begin … end) up to whole steps; returns the sum of what was not yet rounded.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentiate(ushort* row, ref long begin, long end, float shift, out float correction)
    {
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<float> offset = Vector512.Create(Offset(shift, out correction));
        Vector512<float> a = Vector512<float>.Zero, b = a;
        long i = begin;
        for (; i + Step <= end; i += Step)
        {
            Vector512<uint> pair = Vector512.Load((uint*)(row + i));
            Vector512<float> low = Exp2((pair << 16).AsSingle(), offset), high = Exp2((pair & upper).AsSingle(), offset);
            a += low;
            b += high;
            Vector512.ConditionalSelect(upper, Rounded(high), Rounded(low) >>> 16).Store((uint*)(row + i));
        }
        begin = i;
        return Vector512.Sum(a + b);
    }

    /// <summary>
    /// gradient[0 … n) = exp(x − shift)·factor, in place if wanted; shift and factor are numbers, n is a whole step at least. With
    /// <paramref name="stream"/> past the caches, then never in place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(ushort* row, ushort* gradient, long n, float shift, float factor, bool stream)
    {
        Vector512<float> offset = Vector512.Create(Offset(shift, out float correction));
        float scale = factor * correction;
        // The rest shorter than a step goes through a buffer: one step costs less than its numbers one by one.
        long i = 0, whole = n - n % Step;
        if (stream)
        {
            // What lies before the first boundary between lines is computed twice.
            GradientStep(row, offset, scale).Store((uint*)gradient);
            i = (long)(-(nint)gradient & 63) / sizeof(ushort);
            whole = i + (n - i) / Step * Step;
            for (; i < whole; i += Step)
            {
                Sse.Prefetch0(row + i + Ahead);
                GradientStep(row + i, offset, scale).StoreAlignedNonTemporal((uint*)(gradient + i));
            }
        }
        for (; i < whole; i += Step)
        {
            Sse.Prefetch0(row + i + Ahead);
            GradientStep(row + i, offset, scale).Store((uint*)(gradient + i));
        }
        if (i < n)
            GradientRest(row + i, gradient + i, n - i, offset, scale);
    }

    private static void GradientRest(ushort* row, ushort* gradient, long n, Vector512<float> offset, float scale)
    {
        ushort* step = stackalloc ushort[Step];
        new Span<ushort>(step, Step).Clear();
        new Span<ushort>(row, (int)n).CopyTo(new Span<ushort>(step, Step));
        GradientStep(step, offset, scale).Store((uint*)step);
        new Span<ushort>(step, (int)n).CopyTo(new Span<ushort>(gradient, (int)n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> GradientStep(ushort* row, Vector512<float> offset, float scale)
    {
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<uint> pair = Vector512.Load((uint*)row);
        Vector512<uint> low = Rounded(Exp2Coarse((pair << 16).AsSingle(), offset) * Vector512.Create(scale)) >>> 16;
        Vector512<uint> high = Rounded(Exp2Coarse((pair & upper).AsSingle(), offset) * Vector512.Create(scale));
        return Vector512.ConditionalSelect(upper, high, low);
    }

    /// <summary>
    /// shift·log₂e rounded, so that one multiply-add makes the exponent; what rounding lost is the same factor for the whole row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Offset(float shift, out float correction)
    {
        float offset = shift * Log2E;
        float lost = MathF.FusedMultiplyAdd(shift, Log2E, -offset);
        correction = 1 - lost * Ln2;
        return -offset;
    }

    /// <summary>
    /// 2^(x·log₂e + offset): the fraction above the integer below goes through a minimax polynomial (Remez, relative error 7.5e-8), and
    /// VSCALEF takes the integer below itself. −∞ gives 0, NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp2(Vector512<float> x, Vector512<float> offset)
    {
        const byte Floor = 1;
        var y = Avx512F.FusedMultiplyAdd(x, Vector512.Create(Log2E), offset);
        var f = Avx512DQ.Reduce(y, Floor);
        var p = Vector512.Create(1.8775767000e-03f);
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(8.9893400235e-03f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(5.5826318116e-02f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(2.4015361702e-01f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(6.9315307320e-01f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(9.9999992506e-01f));
        return Avx512F.Scale(p, y);
    }

    /// <summary>As <see cref="Exp2"/> with a minimax cubic, relative error 7.5e-5: a twenty-fifth of a rounding to bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp2Coarse(Vector512<float> x, Vector512<float> offset)
    {
        const byte Floor = 1;
        var y = Avx512F.FusedMultiplyAdd(x, Vector512.Create(Log2E), offset);
        var f = Avx512DQ.Reduce(y, Floor);
        var p = Avx512F.FusedMultiplyAdd(Vector512.Create(0.0780245166f), f, Vector512.Create(0.226067164f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(0.695833538f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(0.999925219f));
        return Avx512F.Scale(p, y);
    }

    /// <summary>Rounds to bf16 in the upper half, nearest even; the lower half is left over. NaN that comes from bf16 stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        return bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
    }
}
