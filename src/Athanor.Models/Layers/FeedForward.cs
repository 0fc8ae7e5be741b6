using Athanor.Models.Adaptation;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>The feed-forward part: D to F and back. A gated one holds gate and up as one matrix [2F, D], the gate first.</summary>
internal sealed class FeedForward
{
    private readonly FeedForwardKind _kind;
    private readonly Projection _up, _down;

    public FeedForward(ParameterStore store, ModelConfig config, string name)
    {
        _kind = config.FeedForward;
        _up = config.Gated
            ? new Projection(store, $"{name}.gate_up", 2 * config.FeedForwardWidth, config.Width, config.FeedForwardBias, ParameterRole.Hidden, "feed-forward")
            : new Projection(store, $"{name}.up", config.FeedForwardWidth, config.Width, config.FeedForwardBias, ParameterRole.Hidden, "feed-forward");
        _down = new Projection(store, $"{name}.down", config.Width, config.FeedForwardWidth, config.FeedForwardBias, ParameterRole.Residual, "feed-forward", feedForwardOutput: true);
    }

    public Tensor Apply(Tensor x, LoraAdapter? adapter)
    {
        Tensor inner = _up.Apply(x, adapter);
        return _down.Apply(_kind switch
        {
            FeedForwardKind.SwiGlu => inner.SwiGlu(),
            FeedForwardKind.GeGlu => inner.GeGlu(),
            FeedForwardKind.GeGluTanh => inner.GeGlu(tanh: true),
            FeedForwardKind.Gelu => inner.Gelu(),
            FeedForwardKind.GeluTanh => inner.Gelu(tanh: true),
            FeedForwardKind.ReluSquared => inner.ReluSquared(),
            FeedForwardKind.Relu => inner.Relu(),
            _ => inner.Silu(),
        }, adapter);
    }
}
