using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of the causal convolution; activations are computed again from x.</summary>
internal sealed unsafe class CausalConvNode : Node
{
    private Tensor _x, _weight, _bias, _initialState, _y;
    private CausalConvArgs _args;

    public void Begin(Tensor x, Tensor weight, Tensor bias, Tensor segments, Tensor initialState, Tensor weightF32, Tensor biasF32, Tensor y, in CausalConvArgs args)
    {
        (_x, _weight, _bias, _initialState, _args) = (Save(x), weight, bias, initialState, args);
        Save(weightF32);
        if (biasF32.Exists)
            Save(biasF32);
        if (segments.Exists)
            Save(segments);
        if (initialState.Exists)
            Save(initialState);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        CausalConvArgs args = _args;
        args.YGradient = Gradient(_y).Data;
        Tensor dx = default, dState = default, dw = default, dBias = default;
        if (Gradients.Wanted(_x))
            args.XGradient = (dx = Gradients.New(_x, contiguous: true)).Data;
        if (Gradients.Wanted(_initialState))
            args.InitialStateGradient = (dState = Gradients.New(_initialState, contiguous: true)).Data;
        if (Gradients.Wanted(_weight))
            args.WeightGradient = (float*)(dw = Gradients.BeginWeight(_weight)).Data;
        if (Gradients.Wanted(_bias))
            args.BiasGradient = (float*)(dBias = Gradients.BeginWeight(_bias)).Data;
        _x.Kernels.CausalConvBackward(args);
        if (dx.Exists)
            Gradients.Add(_x, dx);
        if (dState.Exists)
            Gradients.Add(_initialState, dState);
        if (dw.Exists)
            Gradients.EndWeight(_weight, dw);
        if (dBias.Exists)
            Gradients.EndWeight(_bias, dBias);
    }

    protected internal override void Recycle()
    {
        _x = _weight = _bias = _initialState = _y = default;
        NodePool<CausalConvNode>.Return(this);
    }
}
