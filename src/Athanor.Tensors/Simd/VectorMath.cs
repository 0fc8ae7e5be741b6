using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Simd;

/// <summary>
/// Elementary functions over <see cref="IVector{V}"/>, about 2 ulp of fp32 unless said otherwise.
/// NaN in gives NaN out; infinities give the limits.
/// </summary>
internal static class VectorMath
{
    private const float Log2E = 1.44269504088896f, Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>e^x: x = n·ln 2 + r, a minimax polynomial of degree 6 on |r| ≤ ln2/2 (relative error 3e-9), scaled by 2^n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : unmanaged, IVector<V>
    {
        // Clamping keeps n finite; NaN passes because the machine's minimum and maximum give their second operand then.
        var clamped = V.MinNative(V.All(89f), V.MaxNative(V.All(-104f), x));
        // Adding 1.5·2^23 leaves the nearest integer in the low bits; taking it away again is cheaper than a rounding instruction.
        var n = V.Fma(clamped, V.All(Log2E), V.All(12582912f)) - V.All(12582912f);
        var r = V.Fma(n, V.All(-Ln2High), clamped);
        r = V.Fma(n, V.All(-Ln2Low), r);
        var p = V.All(1.3814611e-3f);
        p = V.Fma(p, r, V.All(8.3687101e-3f));
        p = V.Fma(p, r, V.All(4.16683874e-2f));
        p = V.Fma(p, r, V.All(0.166665207f));
        p = V.Fma(p, r, V.All(0.499999935f));
        p = V.Fma(p, r, V.All(1f));
        p = V.Fma(p, r, V.All(1f));
        return V.Scale2(p, n);
    }

    /// <summary>e^d in fewer operations than <see cref="Exp{V}"/>, relative error 1.5e-7 + 6e-8·|d|: for d ≤ 0 or moderate. NaN stays NaN, −∞ gives 0, +∞ gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpShort<V>(V d) where V : unmanaged, IVector<V>
    {
        var y = V.MaxNative(V.All(-152f), d * V.All(1.44269504088896f));
        var n = V.Round(y);
        var f = y - n;
        // Minimax polynomial of 2^f on |f| ≤ 1/2 (Remez, relative error 7.5e-8).
        var p = V.All(1.3276472168e-3f);
        p = V.Fma(p, f, V.All(9.6755413310e-3f));
        p = V.Fma(p, f, V.All(5.5507132729e-2f));
        p = V.Fma(p, f, V.All(2.4022119724e-1f));
        p = V.Fma(p, f, V.All(6.9314696707e-1f));
        p = V.Fma(p, f, V.All(1.0000000717f));
        return V.Scale2(p, n);
    }

    /// <summary>log(1 + e^x), accurate where it is tiny: the logarithm is 2·artanh(e / (2 + e)) with e = e^−|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Softplus<V>(V x) where V : unmanaged, IVector<V>
    {
        var e = ExpShort(-V.Abs(x));
        var s = e / (e + V.All(2f));
        var z = s * s;
        var p = V.All(1f / 15);
        p = V.Fma(p, z, V.All(1f / 13));
        p = V.Fma(p, z, V.All(1f / 11));
        p = V.Fma(p, z, V.All(1f / 9));
        p = V.Fma(p, z, V.All(1f / 7));
        p = V.Fma(p, z, V.All(1f / 5));
        p = V.Fma(p, z, V.All(1f / 3));
        p = V.Fma(p, z, V.All(1f));
        return V.Fma(s + s, p, V.Max(x, V.Zero));
    }

    /// <summary>2^x for x ≤ 0, relative error about 1e-5: enough under bf16 products, half the cost of <see cref="Exp{V}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp2Fast<V>(V x) where V : unmanaged, IVector<V>
    {
        var n = V.Round(x);
        var f = x - n;
        var p = V.All(0.009618129f);
        p = V.Fma(p, f, V.All(0.05550411f));
        p = V.Fma(p, f, V.All(0.24022651f));
        p = V.Fma(p, f, V.All(0.69314718f));
        p = V.Fma(p, f, V.All(1f));
        return V.Scale2(p, n);
    }

    /// <summary>Natural logarithm (Cephes logf). Zero gives −∞, negative numbers NaN; subnormals are scaled first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x) where V : unmanaged, IVector<V>
    {
        var tiny = V.Less(x, V.All(1.17549435e-38f));
        var scaled = V.Select(tiny, x * V.All(8388608f), x);
        var m = V.Frexp(scaled, out var e);
        e -= V.And(tiny, V.All(23f));
        // Mantissa into [sqrt(1/2), sqrt(2)) so that the polynomial argument stays small.
        var upper = V.Less(V.All(1.41421356f), m);
        m = V.Select(upper, m * V.All(0.5f), m);
        e += V.And(upper, V.All(1f));
        var r = m - V.All(1f);
        var p = V.All(7.0376836292e-2f);
        p = V.Fma(p, r, V.All(-1.1514610310e-1f));
        p = V.Fma(p, r, V.All(1.1676998740e-1f));
        p = V.Fma(p, r, V.All(-1.2420140846e-1f));
        p = V.Fma(p, r, V.All(1.4249322787e-1f));
        p = V.Fma(p, r, V.All(-1.6668057665e-1f));
        p = V.Fma(p, r, V.All(2.0000714765e-1f));
        p = V.Fma(p, r, V.All(-2.4999993993e-1f));
        p = V.Fma(p, r, V.All(3.3333331174e-1f));
        var z = r * r;
        var y = p * r * z;
        y = V.Fma(e, V.All(Ln2Low), y);
        y = V.Fma(z, V.All(-0.5f), y);
        var result = V.Fma(e, V.All(Ln2High), r + y);
        result = V.Select(V.Equal(x, V.Zero), V.All(float.NegativeInfinity), result);
        result = V.Select(V.Equal(x, V.All(float.PositiveInfinity)), V.All(float.PositiveInfinity), result);
        return V.Select(V.LessOrEqual(V.Zero, x), result, V.All(float.NaN));
    }

    /// <summary>1 / (1 + e^−x) with a relative error below 2e-4, a fifteenth of a bf16 rounding, at half the cost of <see cref="Sigmoid{V}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SigmoidCoarse<V>(V x) where V : unmanaged, IVector<V>
    {
        // 2^t = 2^⌊t⌋·2^f: a minimax cubic on [0, 1), relative error 7.5e-5.
        var t = x * V.All(-Log2E);
        var f = V.Fraction(t);
        var p = V.Fma(V.All(0.0780245166f), f, V.All(0.226067164f));
        p = V.Fma(p, f, V.All(0.695833538f));
        p = V.Fma(p, f, V.All(0.999925219f));
        return V.ReciprocalCoarse(V.All(1f) + V.ScaleFloor(p, t));
    }

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x) where V : unmanaged, IVector<V> => V.ReciprocalFromOne(V.All(1f) + Exp(-x));

    /// <summary>tanh: odd polynomial for |x| &lt; 0.625 (Cephes tanhf), 1 − 2/(e^2|x| + 1) beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x) where V : unmanaged, IVector<V>
    {
        var a = V.Abs(x);
        var z = x * x;
        var p = V.All(-5.70498872745e-3f);
        p = V.Fma(p, z, V.All(2.06390887954e-2f));
        p = V.Fma(p, z, V.All(-5.37397155531e-2f));
        p = V.Fma(p, z, V.All(1.33314422036e-1f));
        p = V.Fma(p, z, V.All(-3.33332819422e-1f));
        var small = V.Fma(p * z, x, x);
        var large = V.Fma(V.ReciprocalFromOne(Exp(a + a) + V.All(1f)), V.All(-2f), V.All(1f));
        var sign = V.And(x, V.All(-0f));
        return V.Select(V.Less(a, V.All(0.625f)), small, V.Or(large, sign));
    }

    /// <summary>
    /// Error function: Maclaurin series for |x| &lt; 1, Abramowitz–Stegun 7.1.26 refined (absolute error below 2e-7) beyond.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x) where V : unmanaged, IVector<V>
    {
        var a = V.Abs(x);
        var z = x * x;
        // x·(2/√π)·Σ (−1)^k z^k / (k!(2k+1)), ten terms: below 1e-8 for |x| ≤ 1.
        var s = V.All(-1.0f / (362880f * 19f));
        s = V.Fma(s, z, V.All(1.0f / (40320f * 17f)));
        s = V.Fma(s, z, V.All(-1.0f / (5040f * 15f)));
        s = V.Fma(s, z, V.All(1.0f / (720f * 13f)));
        s = V.Fma(s, z, V.All(-1.0f / (120f * 11f)));
        s = V.Fma(s, z, V.All(1.0f / (24f * 9f)));
        s = V.Fma(s, z, V.All(-1.0f / (6f * 7f)));
        s = V.Fma(s, z, V.All(1.0f / (2f * 5f)));
        s = V.Fma(s, z, V.All(-1.0f / 3f));
        s = V.Fma(s, z, V.All(1f));
        var small = x * s * V.All(1.1283791670955126f);
        var t = V.All(1f) / V.Fma(V.All(0.3275911f), a, V.All(1f));
        var q = V.All(1.061405429f);
        q = V.Fma(q, t, V.All(-1.453152027f));
        q = V.Fma(q, t, V.All(1.421413741f));
        q = V.Fma(q, t, V.All(-0.284496736f));
        q = V.Fma(q, t, V.All(0.254829592f));
        var large = V.All(1f) - q * t * Exp(-z);
        var sign = V.And(x, V.All(-0f));
        return V.Select(V.Less(a, V.All(1f)), small, V.Or(large, sign));
    }
}
