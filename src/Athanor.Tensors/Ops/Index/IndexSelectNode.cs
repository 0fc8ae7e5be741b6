using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of an index select: slices are added where they came from.</summary>
internal sealed class IndexSelectNode : Node
{
    private Tensor _x, _indices, _y;
    private int _dimension;

    public void Begin(Tensor x, int dimension, Tensor indices, Tensor y)
    {
        _x = x;
        _dimension = dimension;
        _indices = Save(indices);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_x))
            return;
        Tensor dy = Gradient(_y), dx = Tensor.Zeros(_x.Device, _x.Shape, _x.DType);
        dx.Kernels.IndexAdd(Ops.SelectArgs(dx, _dimension, _indices, dy));
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _indices = _y = default;
        NodePool<IndexSelectNode>.Return(this);
    }
}
