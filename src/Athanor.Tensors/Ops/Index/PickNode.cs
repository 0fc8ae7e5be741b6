using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of gather, sort, top-k and index select: elements or whole slices are added where they came from.</summary>
internal sealed class PickNode : Node
{
    private Tensor _x, _indices, _y;
    private int _dimension;
    private bool _slices;

    /// <param name="slices">Indices pick slices of x (index select), not elements.</param>
    public void Begin(Tensor x, int dimension, Tensor indices, Tensor y, bool slices)
    {
        _x = x;
        _dimension = dimension;
        _slices = slices;
        _indices = Save(indices);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_x))
            return;
        Tensor dy = Gradient(_y), dx = Tensor.Zeros(_x.Device, _x.Shape, _x.DType);
        if (_slices)
            dx.Kernels.IndexAdd(Ops.SelectArgs(dx, _dimension, _indices, dy));
        else
            dx.Kernels.ScatterAdd(Ops.PickArgs(dx, _dimension, _indices, dy));
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _indices = _y = default;
        NodePool<PickNode>.Return(this);
    }
}
