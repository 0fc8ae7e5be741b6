using Athanor.Models.Adaptation;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>y = x·Wᵀ + b with W [out, in].</summary>
internal sealed class Projection
{
    private readonly ProjectionProbe _probe;
    private readonly string _name;
    private readonly int _outputs;
    private readonly Weight _weight;
    private readonly Parameter? _bias;

    public Projection(ParameterStore store, string name, int output, int input, bool bias, ParameterRole role, string part, bool feedForwardOutput = false)
    {
        _probe = store.Probe;
        _outputs = output;
        _name = $"{name}.weight";
        _weight = store.Weight(_name, output, input, role, part, feedForwardOutput);
        _bias = bias ? store.Bias($"{name}.bias", output, part) : null;
    }

    public Tensor Apply(Tensor x, LoraAdapter? adapter = null)
    {
        if (_probe.Seen is { } seen && !seen(_name, x))
            return Tensor.Zeros(x.Device, x.Shape.With(-1, _outputs), x.DType);
        Tensor y = _weight.Apply(x, _bias);
        return adapter is null ? y : adapter.Change(_name, x, y);
    }
}
