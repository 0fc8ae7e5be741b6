using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>
/// Self-attention with grouped key heads. Queries, keys and values come from one matrix [(H + 2·Hkv)·K, D] in that order, so that one
/// product makes them and one pass turns queries and keys.
/// </summary>
internal sealed class SelfAttention
{
    private readonly ModelConfig _config;
    private readonly Positions _positions;
    private readonly int _layer;
    private readonly Projection _qkv, _output;
    private readonly Parameter? _queryGain, _keyGain;
    private readonly Tensor[] _parts = new Tensor[3];

    public SelfAttention(ParameterStore store, ModelConfig config, Positions positions, string name, int layer)
    {
        _config = config;
        _positions = positions;
        _layer = layer;
        int heads = config.Heads, shared = config.KeyValueHeads, size = config.HeadSize;
        _qkv = new Projection(store, $"{name}.qkv", (heads + 2 * shared) * size, config.Width, config.QkvBias, ParameterRole.Hidden, "attention");
        _output = new Projection(store, $"{name}.out", config.Width, heads * size, config.AttentionOutputBias, ParameterRole.Residual, "attention");
        if (config.QkNorm == QkNormKind.None)
            return;
        bool perHead = config.QkNorm == QkNormKind.PerHead;
        _queryGain = store.Gain($"{name}.q_norm.weight", perHead ? size : heads * size);
        _keyGain = store.Gain($"{name}.k_norm.weight", perHead ? size : shared * size);
    }

    /// <summary>Attention of x [B, T, D] over itself and what the cache holds of earlier calls.</summary>
    public Tensor Apply(Tensor x, in DecoderInput input, IAttentionCache? cache)
    {
        int batch = x.Shape[0], time = x.Shape[1], heads = _config.Heads, shared = _config.KeyValueHeads, size = _config.HeadSize;
        int offset = cache?.Length ?? 0;
        Tensor qkv = _qkv.Apply(x, input.Adapter);
        if (_config.ClipQkv > 0)
            qkv = qkv.Clamp(-_config.ClipQkv, _config.ClipQkv);
        int end = cache?.EndOf(time) ?? time;
        RotaryTable? table = _positions.Table(end, cache?.RotaryLengthOf(time) ?? time);
        if (table is not null && _queryGain is null)
            qkv = qkv.Rotate(table, heads + shared, size, _config.RopeInterleaved, input.Positions, input.Positions.Exists ? 0 : offset, consume: _config.ClipQkv == 0);
        qkv.Reshape(batch, time, heads + 2 * shared, size).Split(2, [heads, shared, shared], _parts);
        (Tensor q, Tensor k, Tensor v) = (_parts[0], _parts[1], _parts[2]);
        if (_queryGain is not null)
        {
            q = Normed(q, _queryGain, heads);
            k = Normed(k, _keyGain!, shared);
            if (table is not null)
            {
                q = Turned(q, table, heads, input, offset);
                k = Turned(k, table, shared, input, offset);
            }
        }
        if (_positions.LogN(x, input, offset, end) is { Exists: true } factors)
            q *= factors;
        var options = new AttentionOptions
        {
            Causal = true,
            // Whatever is read at once: a text in parts, several texts, one token.
            Invariant = true,
            Window = _config.SlidingWindow,
            Scale = _config.AttentionScale,
            SoftCap = _config.AttentionSoftCap,
            Slopes = _positions.Slopes,
            Segments = input.Segments,
            Prefix = input.Prefix,
        };
        Tensor seen = cache is null ? Ops.Attention(q, k, v, options) : cache.Attend(_layer, q, k, v, options);
        return _output.Apply(seen.Reshape(batch, time, heads * size), input.Adapter);
    }

    private Tensor Normed(Tensor x, Parameter gain, int heads)
    {
        Shape shape = x.Shape;
        Tensor rows = _config.QkNorm == QkNormKind.PerHead ? x.Contiguous() : x.Contiguous().Reshape(shape[0], shape[1], heads * _config.HeadSize);
        return rows.RmsNorm(gain, _config.NormEpsilon).Reshape(shape[0], shape[1], heads, _config.HeadSize);
    }

    private Tensor Turned(Tensor x, RotaryTable table, int heads, in DecoderInput input, int offset) =>
        x.Reshape(x.Shape[0], x.Shape[1], heads * _config.HeadSize)
            .Rotate(table, heads, _config.HeadSize, _config.RopeInterleaved, input.Positions, input.Positions.Exists ? 0 : offset, consume: true)
            .Reshape(x.Shape[0], x.Shape[1], heads, _config.HeadSize);
}
