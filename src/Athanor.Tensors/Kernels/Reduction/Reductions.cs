using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>A reduction step: folds x into an accumulator, given a per-result shift that only some use.</summary>
internal interface IReduction
{
    static abstract float Start { get; }
    static abstract V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V>;
    static abstract V Join<V>(V a, V b) where V : unmanaged, IVector<V>;
    static abstract float Across<V>(V sum) where V : unmanaged, IVector<V>;
}

internal readonly struct Total : IReduction
{
    public static float Start => 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V> => sum + x;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Join<V>(V a, V b) where V : unmanaged, IVector<V> => a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Across<V>(V sum) where V : unmanaged, IVector<V> => V.Sum(sum);
}

/// <summary>Σ (x − shift)².</summary>
internal readonly struct SquaredDistance : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V>
    {
        V d = x - shift;
        return V.Fma(d, d, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Join<V>(V a, V b) where V : unmanaged, IVector<V> => a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Across<V>(V sum) where V : unmanaged, IVector<V> => V.Sum(sum);
}

/// <summary>Σ e^(x − shift).</summary>
internal readonly struct ExponentialTotal : IReduction
{
    public static float Start => 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V> => sum + VectorMath.Exp(x - shift);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Join<V>(V a, V b) where V : unmanaged, IVector<V> => a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Across<V>(V sum) where V : unmanaged, IVector<V> => V.Sum(sum);
}

internal readonly struct Largest : IReduction
{
    public static float Start => float.NegativeInfinity;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V> => V.Max(sum, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Join<V>(V a, V b) where V : unmanaged, IVector<V> => V.Max(a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Across<V>(V sum) where V : unmanaged, IVector<V> => V.MaxAcross(sum);
}

internal readonly struct Smallest : IReduction
{
    public static float Start => float.PositiveInfinity;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Step<V>(V sum, V x, V shift) where V : unmanaged, IVector<V> => V.Min(sum, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Join<V>(V a, V b) where V : unmanaged, IVector<V> => V.Min(a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Across<V>(V sum) where V : unmanaged, IVector<V> => V.MinAcross(sum);
}
