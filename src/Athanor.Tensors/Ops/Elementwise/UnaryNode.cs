using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a function of one tensor: dx = dy·f′ from the input or the result, whichever is cheaper.</summary>
internal sealed class UnaryNode : Node
{
    private UnaryFunction _function;
    private Tensor _x, _y, _saved;
    private float _a, _b;

    public void Begin(UnaryFunction function, Tensor x, Tensor y, float a, float b)
    {
        _function = function;
        _x = x;
        _y = Produces(y);
        // Linear functions need neither; their slope ignores what it is given.
        bool linear = function is UnaryFunction.Negate or UnaryFunction.Affine;
        _saved = linear ? default : Save(UnaryKernel.SlopeFromResult(function) ? y : x);
        _a = a;
        _b = b;
    }

    protected internal override unsafe void Backward()
    {
        Tensor dy = Gradient(_y), dx = GradientBuffers.Over(dy, _x);
        void* saved = _saved.Exists ? _saved.Data : dy.Data;
        _x.Kernels.UnaryBackward(_function, _x.DType, saved, dy.Data, dx.Data, _x.Count, _a, _b);
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = _saved = default;
        NodePool<UnaryNode>.Return(this);
    }
}
