using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of running sums: running sums of the gradient from the other end.</summary>
internal sealed class CumulativeSumNode : Node
{
    private Tensor _x, _y;
    private int _dimension;
    private bool _exclusive, _reversed;

    public void Begin(Tensor x, int dimension, Tensor y, bool exclusive, bool reversed)
    {
        (_x, _dimension, _exclusive, _reversed) = (x, dimension, exclusive, reversed);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_x))
            return;
        Tensor dy = Gradient(_y), dx = Gradients.New(_x, contiguous: true);
        dx.Kernels.CumulativeSum(Ops.SumArgs(dy, _dimension, dx, _exclusive, !_reversed));
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = default;
        NodePool<CumulativeSumNode>.Return(this);
    }
}
