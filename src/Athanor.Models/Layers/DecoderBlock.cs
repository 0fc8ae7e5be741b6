using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>
/// One block on the residual stream x + delta. What a block adds last is left as delta to the norm that follows, which adds and
/// normalises in one pass.
/// </summary>
internal sealed class DecoderBlock
{
    private readonly ModelConfig _config;
    private readonly Norm _first;
    private readonly Norm? _second;
    private readonly SelfAttention _attention;
    private readonly FeedForward _feedForward;

    public DecoderBlock(ParameterStore store, ModelConfig config, Positions positions, int layer)
    {
        _config = config;
        string name = $"layers.{layer}";
        _first = new Norm(store, config, $"{name}.norm1", config.Width);
        _attention = new SelfAttention(store, config, positions, $"{name}.attention", layer);
        _second = config.Layout == BlockLayout.ParallelSharedNorm ? null : new Norm(store, config, $"{name}.norm2", config.Width);
        _feedForward = new FeedForward(store, config, $"{name}.feed_forward");
    }

    public (Tensor X, Tensor Delta) Apply(Tensor x, Tensor delta, in DecoderInput input, IAttentionCache? cache)
    {
        Tensor normed;
        switch (_config.Layout)
        {
            case BlockLayout.PreNorm:
                (x, normed) = _first.Apply(x, delta);
                (x, normed) = _second!.Apply(x, Scaled(_attention.Apply(normed, input, cache)));
                return (x, Scaled(_feedForward.Apply(normed, input.Adapter)));
            case BlockLayout.PostNorm:
                if (delta.Exists)
                    x += delta;
                x += Scaled(_first.Apply(_attention.Apply(x, input, cache)));
                return (x, Scaled(_second!.Apply(_feedForward.Apply(x, input.Adapter))));
            default:
                (x, normed) = _first.Apply(x, delta);
                Tensor other = _second is null ? normed : _second.Apply(x);
                return (x, Scaled(_attention.Apply(normed, input, cache) + _feedForward.Apply(other, input.Adapter)));
        }
    }

    private Tensor Scaled(Tensor x) => _config.ResidualScale == 1 ? x : x * _config.ResidualScale;
}
