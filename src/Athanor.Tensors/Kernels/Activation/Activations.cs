using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>An activation function: a unary op that can give its value and its slope together, sharing the exponential.</summary>
internal interface IActivation : IUnaryOp
{
    static abstract V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>;

    /// <summary>The value for a result that is rounded to bf16; where an exponential would keep the processor longer than memory does, it is coarser.</summary>
    static abstract V CoarseValue<V>(V x) where V : unmanaged, IVector<V>;

    /// <summary>Value and slope for results that are rounded to bf16.</summary>
    static abstract V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>;
}

/// <summary>x·σ(x) (Elfwing et al. 2017, arXiv 1702.03118).</summary>
internal readonly struct Silu : IActivation
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => x * VectorMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V>
    {
        ValueAndSlope(s, out V slope);
        return slope;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V sigmoid = VectorMath.Sigmoid(x);
        V value = x * sigmoid;
        // σ + xσ(1 − σ)
        slope = V.Fma(value, V.All(1f) - sigmoid, sigmoid);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => x * VectorMath.SigmoidCoarse(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V sigmoid = VectorMath.SigmoidCoarse(x);
        V value = x * sigmoid;
        slope = V.Fma(value, V.All(1f) - sigmoid, sigmoid);
        return value;
    }

    public static double Apply(double x, double a, double b) => x / (1 + Math.Exp(-x));

    public static double Slope(double s, double a, double b)
    {
        double sigmoid = 1 / (1 + Math.Exp(-s));
        return sigmoid + s * sigmoid * (1 - sigmoid);
    }
}

/// <summary>x·Φ(x) with the normal distribution function (Hendrycks and Gimpel 2016, arXiv 1606.08415).</summary>
internal readonly struct Gelu : IActivation
{
    private const float RootHalf = 0.70710678118654752f, DensityAtZero = 0.39894228040143268f;

    public static bool SlopeFromResult => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => x * Distribution(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V>
    {
        ValueAndSlope(s, out V slope);
        return slope;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V distribution = Distribution(x);
        V density = VectorMath.Exp(x * x * V.All(-0.5f)) * V.All(DensityAtZero);
        slope = V.Fma(x, density, distribution);
        return x * distribution;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => Apply(x, x, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V> => ValueAndSlope(x, out slope);

    public static double Apply(double x, double a, double b) => x * ReferenceMath.NormalDistribution(x);

    public static double Slope(double s, double a, double b) =>
        ReferenceMath.NormalDistribution(s) + s * Math.Exp(-0.5 * s * s) / Math.Sqrt(2 * Math.PI);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Distribution<V>(V x) where V : unmanaged, IVector<V> =>
        V.Fma(VectorMath.Erf(x * V.All(RootHalf)), V.All(0.5f), V.All(0.5f));
}

/// <summary>½x(1 + tanh(√(2/π)(x + 0.044715x³))): the usual approximation of <see cref="Gelu"/>.</summary>
internal readonly struct GeluTanh : IActivation
{
    private const float Scale = 0.79788456080286536f, Cubic = 0.044715f;

    public static bool SlopeFromResult => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V>
    {
        // ½(1 + tanh z) = σ(2z): one exponential instead of a tanh.
        V z = x * V.Fma(x * x, V.All(Scale * Cubic), V.All(Scale));
        return x * VectorMath.Sigmoid(z + z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V>
    {
        ValueAndSlope(s, out V slope);
        return slope;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V square = x * x;
        V z = x * V.Fma(square, V.All(Scale * Cubic), V.All(Scale));
        V share = VectorMath.Sigmoid(z + z);
        V inner = V.Fma(square, V.All(6 * Scale * Cubic), V.All(2 * Scale));
        V value = x * share;
        slope = V.Fma(value * (V.All(1f) - share), inner, share);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> =>
        x * VectorMath.SigmoidCoarse(x * V.Fma(x * x, V.All(2 * Scale * Cubic), V.All(2 * Scale)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V square = x * x;
        V share = VectorMath.SigmoidCoarse(x * V.Fma(square, V.All(2 * Scale * Cubic), V.All(2 * Scale)));
        V value = x * share;
        slope = V.Fma(value * (V.All(1f) - share), V.Fma(square, V.All(6 * Scale * Cubic), V.All(2 * Scale)), share);
        return value;
    }

    public static double Apply(double x, double a, double b) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    public static double Slope(double s, double a, double b)
    {
        double root = Math.Sqrt(2 / Math.PI), t = Math.Tanh(root * (s + 0.044715 * s * s * s));
        return 0.5 * (1 + t) + 0.5 * s * (1 - t * t) * root * (1 + 3 * 0.044715 * s * s);
    }
}

/// <summary>max(x, 0). The machine's maximum gives its second operand for NaN, so NaN passes.</summary>
internal readonly struct Relu : IActivation
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.MaxNative(V.Zero, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.And(V.Less(V.Zero, s), V.All(1f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        slope = Slope(x, x, x);
        return V.MaxNative(V.Zero, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => Apply(x, x, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V> => ValueAndSlope(x, out slope);

    public static double Apply(double x, double a, double b) => Math.Max(x, 0);
    public static double Slope(double s, double a, double b) => s > 0 ? 1 : 0;
}

/// <summary>max(x, 0)² (So et al. 2021, arXiv 2109.08668).</summary>
internal readonly struct ReluSquared : IActivation
{
    public static bool SlopeFromResult => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V>
    {
        V positive = V.MaxNative(V.Zero, x);
        return positive * positive;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V>
    {
        V positive = V.MaxNative(V.Zero, s);
        return positive + positive;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V positive = V.MaxNative(V.Zero, x);
        slope = positive + positive;
        return positive * positive;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => Apply(x, x, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V> => ValueAndSlope(x, out slope);

    public static double Apply(double x, double a, double b) => Math.Max(x, 0) * Math.Max(x, 0);
    public static double Slope(double s, double a, double b) => 2 * Math.Max(s, 0);
}

/// <summary>1/(1 + e^−x).</summary>
internal readonly struct Logistic : IActivation
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => VectorMath.Sigmoid(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => s * (V.All(1f) - s);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V value = VectorMath.Sigmoid(x);
        slope = value * (V.All(1f) - value);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => Apply(x, x, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V> => ValueAndSlope(x, out slope);

    public static double Apply(double x, double a, double b) => 1 / (1 + Math.Exp(-x));
    public static double Slope(double s, double a, double b) => s * (1 - s);
}

internal readonly struct HyperbolicTangent : IActivation
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => VectorMath.Tanh(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.All(1f) - s * s;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V>
    {
        V value = VectorMath.Tanh(x);
        slope = V.All(1f) - value * value;
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValue<V>(V x) where V : unmanaged, IVector<V> => Apply(x, x, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V CoarseValueAndSlope<V>(V x, out V slope) where V : unmanaged, IVector<V> => ValueAndSlope(x, out slope);

    public static double Apply(double x, double a, double b) => Math.Tanh(x);
    public static double Slope(double s, double a, double b) => 1 - s * s;
}
