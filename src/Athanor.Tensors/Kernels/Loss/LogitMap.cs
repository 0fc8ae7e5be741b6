using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>What happens to a logit before the softmax: z = map(x), and dz/dx written with z.</summary>
internal interface ILogitMap
{
    static abstract bool IsPlain { get; }
    V Map<V>(V x) where V : unmanaged, IVector<V>;
    V Slope<V>(V z) where V : unmanaged, IVector<V>;
}

/// <summary>z = x.</summary>
internal readonly struct PlainLogits : ILogitMap
{
    public static bool IsPlain => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Map<V>(V x) where V : unmanaged, IVector<V> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Slope<V>(V z) where V : unmanaged, IVector<V> => V.All(1f);
}

/// <summary>z = cap·tanh(x / cap) / temperature, the cap left out when it is 0.</summary>
internal readonly struct ShapedLogits(float cap, float temperature) : ILogitMap
{
    private readonly float _cap = cap, _inverseCap = cap > 0 ? 1 / cap : 0, _inverseTemperature = 1 / temperature, _back = cap > 0 ? temperature / cap : 0;

    public static bool IsPlain => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Map<V>(V x) where V : unmanaged, IVector<V>
    {
        if (_cap > 0)
            x = VectorMath.Tanh(x * V.All(_inverseCap)) * V.All(_cap);
        return x * V.All(_inverseTemperature);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Slope<V>(V z) where V : unmanaged, IVector<V>
    {
        // Without a cap _back is 0, but 0 · ∞ must not spoil the slope.
        if (_cap == 0)
            return V.All(_inverseTemperature);
        var t = z * V.All(_back);
        return (V.All(1f) - t * t) * V.All(_inverseTemperature);
    }
}
