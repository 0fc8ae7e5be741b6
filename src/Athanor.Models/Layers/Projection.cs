using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>y = x·Wᵀ + b with W [out, in].</summary>
internal sealed class Projection
{
    private readonly Weight _weight;
    private readonly Parameter? _bias;

    public Projection(ParameterStore store, string name, int output, int input, bool bias, ParameterRole role, string part, bool feedForwardOutput = false)
    {
        _weight = store.Weight($"{name}.weight", output, input, role, part, feedForwardOutput);
        _bias = bias ? store.Bias($"{name}.bias", output, part) : null;
    }

    public Tensor Apply(Tensor x) => _weight.Apply(x, _bias);
}
