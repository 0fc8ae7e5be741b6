using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a function of two tensors: each operand's gradient in the result's shape, summed over repeated dimensions.</summary>
internal sealed class BinaryNode : Node
{
    private BinaryFunction _function;
    private Tensor _a, _b, _y;

    public void Begin(BinaryFunction function, Tensor a, Tensor b, Tensor y)
    {
        _function = function;
        // Sums need no values.
        bool values = function is not (BinaryFunction.Add or BinaryFunction.Subtract);
        _a = values ? Save(a) : a;
        _b = values ? Save(b) : b;
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        if (Gradients.Wanted(_a))
            Gradients.Add(_a, SumTo.Shape(Side(dy, second: false), _a.Shape));
        if (Gradients.Wanted(_b))
            Gradients.Add(_b, SumTo.Shape(Side(dy, second: true), _b.Shape));
    }

    private unsafe Tensor Side(Tensor dy, bool second)
    {
        if (_function == BinaryFunction.Add || (_function == BinaryFunction.Subtract && !second))
            return dy;
        Tensor gradient = StepScope.Require().Allocate(dy.Device, dy.Shape, dy.DType, "a gradient");
        if (_function == BinaryFunction.Subtract)
        {
            dy.Kernels.Unary(UnaryFunction.Negate, dy.DType, dy.Data, gradient.Data, dy.Count, 0, 0);
            return gradient;
        }
        Broadcast plan = Ops.Plan(dy.Shape, _a, _b);
        dy.Kernels.BinaryBackward(_function, second, dy.DType, _a.Data, _b.Data, dy.Data, gradient.Data, plan);
        return gradient;
    }

    protected internal override void Recycle()
    {
        _a = _b = _y = default;
        NodePool<BinaryNode>.Return(this);
    }
}
