using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal readonly struct Negate : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => -x;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.All(-1f);
    public static double Apply(double x, double a, double b) => -x;
    public static double Slope(double s, double a, double b) => -1;
}

internal readonly struct Exponential : IUnaryOp
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => VectorMath.Exp(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => s;
    public static double Apply(double x, double a, double b) => Math.Exp(x);
    public static double Slope(double s, double a, double b) => s;
}

internal readonly struct Logarithm : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => VectorMath.Log(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.All(1f) / s;
    public static double Apply(double x, double a, double b) => Math.Log(x);
    public static double Slope(double s, double a, double b) => 1 / s;
}

internal readonly struct SquareRoot : IUnaryOp
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.Sqrt(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.All(0.5f) / s;
    public static double Apply(double x, double a, double b) => Math.Sqrt(x);
    public static double Slope(double s, double a, double b) => 0.5 / s;
}

internal readonly struct ReciprocalSquareRoot : IUnaryOp
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.All(1f) / V.Sqrt(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => s * s * (s * V.All(-0.5f));
    public static double Apply(double x, double a, double b) => 1 / Math.Sqrt(x);
    public static double Slope(double s, double a, double b) => -0.5 * s * s * s;
}

internal readonly struct Absolute : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> =>
        V.And(V.Less(V.Zero, s), V.All(1f)) - V.And(V.Less(s, V.Zero), V.All(1f));
    public static double Apply(double x, double a, double b) => Math.Abs(x);
    public static double Slope(double s, double a, double b) => s > 0 ? 1 : s < 0 ? -1 : 0;
}

internal readonly struct Squared : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => x * x;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => s + s;
    public static double Apply(double x, double a, double b) => x * x;
    public static double Slope(double s, double a, double b) => 2 * s;
}

/// <summary>Into [a, b]; the slope is 1 inside and on the borders. The machine's extremes give their second operand for NaN, so NaN passes.</summary>
internal readonly struct Clamped : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.MinNative(b, V.MaxNative(a, x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => V.And(V.And(V.LessOrEqual(a, s), V.LessOrEqual(s, b)), V.All(1f));
    public static double Apply(double x, double a, double b) => Math.Min(Math.Max(x, a), b);
    public static double Slope(double s, double a, double b) => s >= a && s <= b ? 1 : 0;
}

/// <summary>a·x + b.</summary>
internal readonly struct Affine : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.Fma(x, a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => a;
    public static double Apply(double x, double a, double b) => a * x + b;
    public static double Slope(double s, double a, double b) => a;
}

/// <summary>
/// x^a as MathF does it, one lane after the other: the corner cases (negative bases, zeros, infinities) are many and the op is
/// never hot; powers 2, ½, −½ and −1 have their own ops.
/// </summary>
internal readonly struct Power : IUnaryOp
{
    public static bool SlopeFromResult => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => Raise(x, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => a * Raise(s, a - V.All(1f));
    public static double Apply(double x, double a, double b) => Math.Pow(x, a);
    public static double Slope(double s, double a, double b) => a * Math.Pow(s, a - 1);

    private static unsafe V Raise<V>(V x, V a) where V : unmanaged, IVector<V>
    {
        float* lanes = stackalloc float[2 * 16];
        V.Store(lanes, x);
        V.Store(lanes + 16, a);
        for (int i = 0; i < V.Lanes; i++)
            lanes[i] = MathF.Pow(lanes[i], lanes[16 + i]);
        return V.Load(lanes);
    }
}

/// <summary>1/x.</summary>
internal readonly struct Reciprocal : IUnaryOp
{
    public static bool SlopeFromResult => true;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V> => V.All(1f) / x;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V> => -(s * s);
    public static double Apply(double x, double a, double b) => 1 / x;
    public static double Slope(double s, double a, double b) => -s * s;
}
