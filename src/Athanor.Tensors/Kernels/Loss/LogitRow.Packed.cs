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

    /// <summary>Whether these passes serve a pair of width and storage type; a constant to the JIT.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Serves<V, T>() => Avx512F.IsSupported && typeof(V) == typeof(F512) && typeof(T) == typeof(StoredBf16);

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

    /// <summary>Σ exp(x − shift) of row[begin … end) up to whole steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumExp(ushort* row, ref long begin, long end, float shift)
    {
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<float> offset = Vector512.Create(Offset(shift, out float correction));
        Vector512<float> a = Vector512<float>.Zero, b = a;
        long i = begin;
        for (; i + Step <= end; i += Step)
        {
            Vector512<uint> pair = Vector512.Load((uint*)(row + i));
            a += Exp2((pair << 16).AsSingle(), offset);
            b += Exp2((pair & upper).AsSingle(), offset);
        }
        begin = i;
        return Vector512.Sum(a + b) * correction;
    }

    /// <summary>gradient = exp(x − shift)·factor for row[begin … end) up to whole steps, in place if wanted; shift and factor are numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(ushort* row, ushort* gradient, ref long begin, long end, float shift, float factor)
    {
        Vector512<uint> upper = Vector512.Create(0xFFFF0000u);
        Vector512<float> offset = Vector512.Create(Offset(shift, out float correction));
        Vector512<float> scale = Vector512.Create(factor * correction);
        long i = begin;
        for (; i + Step <= end; i += Step)
        {
            Vector512<uint> pair = Vector512.Load((uint*)(row + i));
            Vector512<uint> low = Rounded(Exp2((pair << 16).AsSingle(), offset) * scale) >>> 16;
            Vector512<uint> high = Rounded(Exp2((pair & upper).AsSingle(), offset) * scale);
            Vector512.ConditionalSelect(upper, high, low).Store((uint*)(gradient + i));
        }
        begin = i;
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

    /// <summary>2^(x·log₂e + offset), the polynomial of <see cref="VectorMath.ExpShort{V}"/>; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp2(Vector512<float> x, Vector512<float> offset)
    {
        var y = Avx512F.FusedMultiplyAdd(x, Vector512.Create(Log2E), offset);
        y = Vector512.MaxNative(Vector512.Create(-152f), y);
        var n = Avx512F.RoundScale(y, 0);
        var f = y - n;
        var p = Vector512.Create(1.3276472168e-3f);
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(9.6755413310e-3f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(5.5507132729e-2f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(2.4022119724e-1f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(6.9314696707e-1f));
        p = Avx512F.FusedMultiplyAdd(p, f, Vector512.Create(1.0000000717f));
        return Avx512F.Scale(p, n);
    }

    /// <summary>Rounds to bf16 in the upper half, nearest even; the lower half is left over. NaN that comes from bf16 stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        return bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
    }
}
