using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// What happens to the scores of one query block between the dot product and the exponential; scores lie with keys down and queries
/// across the lanes.
/// </summary>
internal readonly unsafe struct ScoreRule
{
    private readonly float* _bounds;
    private readonly int _lanes;
    private readonly float _cap, _slope, _firstPosition, _scale;
    private readonly float* _slopes, _positions;

    /// <param name="scale">Factor of the products as they come, 1 when the queries carry it already.</param>
    public ScoreRule(in AttentionArgs a, int h, int firstQuery, in QueryBlockMask mask, float scale)
    {
        _bounds = mask.Bounds;
        _lanes = mask.Lanes;
        _cap = a.SoftCap;
        _slope = a.Slopes == null ? 0 : a.Slopes[h];
        _firstPosition = (float)a.Offset + firstQuery;
        _scale = scale;
    }

    /// <summary>Lanes that are queries of several heads and positions.</summary>
    /// <param name="slopes">Null, or of each lane the slope, and <paramref name="positions"/> its query's place.</param>
    public ScoreRule(in AttentionArgs a, float* slopes, float* positions, in QueryBlockMask mask)
    {
        _bounds = mask.Bounds;
        _lanes = mask.Lanes;
        _cap = a.SoftCap;
        _scale = a.Scale;
        _slopes = slopes;
        _positions = positions;
    }

    /// <summary>Final score of key <paramref name="key"/> for the queries at <paramref name="lane"/>, and the derivative of the cap there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply<V>(V product, int key, int lane, bool masked, float hidden, out V slope, out V visible)
        where V : unmanaged, IVector<V>
    {
        var x = product * V.All(_scale);
        slope = V.All(1f);
        if (_cap != 0)
        {
            var t = VectorMath.Tanh(x * V.All(1 / _cap));
            x = V.All(_cap) * t;
            slope -= t * t;
        }
        if (_slope != 0)
            x = V.Fma(V.All(_slope), V.All(key - _firstPosition - lane) - V.Iota, x);
        if (_slopes != null)
            x = V.Fma(V.Load(_slopes + lane), V.All(key) - V.Load(_positions + lane), x);
        visible = V.Zero;
        if (masked)
        {
            visible = Visible<V>(key, lane);
            x = V.Select(visible, x, V.All(hidden));
        }
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private V Visible<V>(int key, int lane)
        where V : unmanaged, IVector<V>
    {
        var j = V.All(key);
        float* b = _bounds + lane;
        return V.Or(
            V.And(V.LessOrEqual(V.Load(b), j), V.Less(j, V.Load(b + _lanes))),
            V.And(V.LessOrEqual(V.Load(b + 2 * _lanes), j), V.Less(j, V.Load(b + 3 * _lanes))));
    }
}
