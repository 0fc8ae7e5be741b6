using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of scatter-add: the gradient itself for x, the picked gradient for the source.</summary>
internal sealed class ScatterAddNode : Node
{
    private Tensor _x, _indices, _source, _y;
    private int _dimension;

    public void Begin(Tensor x, int dimension, Tensor indices, Tensor source, Tensor y)
    {
        _x = x;
        _dimension = dimension;
        _indices = Save(indices);
        _source = source;
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        if (Gradients.Wanted(_source))
        {
            Tensor dSource = Gradients.New(_source, contiguous: true);
            dy.Kernels.Gather(Ops.PickArgs(dy, _dimension, _indices, dSource));
            Gradients.Add(_source, dSource);
        }
        if (Gradients.Wanted(_x))
            Gradients.Add(_x, dy);
    }

    protected internal override void Recycle()
    {
        _x = _indices = _source = _y = default;
        NodePool<ScatterAddNode>.Return(this);
    }
}
