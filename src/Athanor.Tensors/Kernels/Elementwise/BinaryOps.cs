using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>A function of two numbers with its partial derivatives.</summary>
internal interface IBinaryOp
{
    static abstract V Apply<V>(V a, V b) where V : unmanaged, IVector<V>;
    static abstract V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V>;
    static abstract V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V>;
    static abstract double Apply(double a, double b);
    static abstract double SlopeA(double a, double b);
    static abstract double SlopeB(double a, double b);
}

internal readonly struct Sum : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => V.All(1f);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => V.All(1f);
    public static double Apply(double a, double b) => a + b;
    public static double SlopeA(double a, double b) => 1;
    public static double SlopeB(double a, double b) => 1;
}

internal readonly struct Difference : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => a - b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => V.All(1f);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => V.All(-1f);
    public static double Apply(double a, double b) => a - b;
    public static double SlopeA(double a, double b) => 1;
    public static double SlopeB(double a, double b) => -1;
}

internal readonly struct Product : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => a * b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => a;
    public static double Apply(double a, double b) => a * b;
    public static double SlopeA(double a, double b) => b;
    public static double SlopeB(double a, double b) => a;
}

internal readonly struct Quotient : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => a / b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => V.All(1f) / b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => -(a / b) / b;
    public static double Apply(double a, double b) => a / b;
    public static double SlopeA(double a, double b) => 1 / b;
    public static double SlopeB(double a, double b) => -a / (b * b);
}

/// <summary>Smaller of two; equal operands share the gradient.</summary>
internal readonly struct Smaller : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => V.Min(a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => Larger.Share(b, a);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => Larger.Share(a, b);
    public static double Apply(double a, double b) => Math.Min(a, b);
    public static double SlopeA(double a, double b) => a < b ? 1 : a == b ? 0.5 : 0;
    public static double SlopeB(double a, double b) => b < a ? 1 : a == b ? 0.5 : 0;
}

/// <summary>Larger of two; equal operands share the gradient.</summary>
internal readonly struct Larger : IBinaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Apply<V>(V a, V b) where V : unmanaged, IVector<V> => V.Max(a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeA<V>(V a, V b) where V : unmanaged, IVector<V> => Share(a, b);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V SlopeB<V>(V a, V b) where V : unmanaged, IVector<V> => Share(b, a);
    public static double Apply(double a, double b) => Math.Max(a, b);
    public static double SlopeA(double a, double b) => a > b ? 1 : a == b ? 0.5 : 0;
    public static double SlopeB(double a, double b) => b > a ? 1 : a == b ? 0.5 : 0;

    /// <summary>1 where a > b, ½ where equal, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Share<V>(V a, V b) where V : unmanaged, IVector<V> =>
        V.And(V.Less(b, a), V.All(0.5f)) + V.And(V.LessOrEqual(b, a), V.All(0.5f));
}
