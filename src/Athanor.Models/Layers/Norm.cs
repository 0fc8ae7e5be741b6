using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>RMSNorm or layer norm over the last dimension, with gain and bias as the model has them.</summary>
internal sealed class Norm
{
    private readonly NormKind _kind;
    private readonly float _epsilon;
    private readonly Parameter? _gain, _bias;

    public Norm(ParameterStore store, ModelConfig config, string name, int size)
    {
        _kind = config.Norm;
        _epsilon = config.NormEpsilon;
        _gain = config.NormGain ? store.Gain($"{name}.weight", size) : null;
        _bias = config.NormBias ? store.Bias($"{name}.bias", size, "norm") : null;
    }

    /// <summary>norm(x).</summary>
    public Tensor Apply(Tensor x) => _kind == NormKind.Rms ? x.RmsNorm(Of(_gain), _epsilon) : x.LayerNorm(Of(_gain), Of(_bias), _epsilon);

    /// <summary>x + delta and its norm in one pass; delta may be missing.</summary>
    public (Tensor Sum, Tensor Normed) Apply(Tensor x, Tensor delta)
    {
        if (!delta.Exists)
            return (x, Apply(x));
        return _kind == NormKind.Rms ? x.RmsNorm(delta, Of(_gain), _epsilon) : x.LayerNorm(delta, Of(_gain), Of(_bias), _epsilon);
    }

    private static Tensor Of(Parameter? parameter) => parameter?.Value ?? default;
}
