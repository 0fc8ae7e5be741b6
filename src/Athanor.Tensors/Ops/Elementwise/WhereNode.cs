using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of a selection: each element's gradient goes to the side it came from, the other gets zero.</summary>
internal sealed class WhereNode : Node
{
    private Tensor _mask, _a, _b, _y;

    public void Begin(Tensor mask, Tensor a, Tensor b, Tensor y)
    {
        _mask = Save(mask);
        _a = a;
        _b = b;
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        // A scalar zero, repeated by the plan.
        Tensor zero = Tensor.Zeros(dy.Device, new Shape(), dy.DType);
        if (Gradients.Wanted(_a))
            Gradients.Add(_a, SumTo.Shape(Choose(dy, dy, zero), _a.Shape));
        if (Gradients.Wanted(_b))
            Gradients.Add(_b, SumTo.Shape(Choose(dy, zero, dy), _b.Shape));
    }

    private unsafe Tensor Choose(Tensor dy, Tensor whenSet, Tensor whenClear)
    {
        Tensor gradient = StepScope.Require().Allocate(dy.Device, dy.Shape, dy.DType, "a gradient");
        Broadcast plan = Ops.Plan(dy.Shape, _mask, whenSet, whenClear);
        dy.Kernels.Select(dy.DType, (byte*)_mask.Data, whenSet.Data, whenClear.Data, gradient.Data, plan);
        return gradient;
    }

    protected internal override void Recycle()
    {
        _mask = _a = _b = _y = default;
        NodePool<WhereNode>.Return(this);
    }
}
