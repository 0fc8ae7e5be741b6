using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>A function of one number with up to two constants, with its derivative: everything that a unary kernel needs to know.</summary>
internal interface IUnaryOp
{
    /// <summary>Whether <see cref="Slope{V}"/> takes the result of the function instead of its argument.</summary>
    static abstract bool SlopeFromResult { get; }

    static abstract V Apply<V>(V x, V a, V b) where V : unmanaged, IVector<V>;

    /// <summary>Derivative at x, or given the result where <see cref="SlopeFromResult"/> says so.</summary>
    static abstract V Slope<V>(V s, V a, V b) where V : unmanaged, IVector<V>;

    /// <summary>The same in double, for the reference.</summary>
    static abstract double Apply(double x, double a, double b);

    static abstract double Slope(double s, double a, double b);
}
