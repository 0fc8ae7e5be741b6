using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of a copy or conversion: the gradient is converted back to the source's type.</summary>
internal sealed class CopyNode : Node
{
    private Tensor _x, _y;

    public void Begin(Tensor x, Tensor y)
    {
        _x = x;
        _y = Produces(y);
    }

    protected internal override void Backward() => Gradients.Add(_x, Gradient(_y));

    protected internal override void Recycle()
    {
        _x = _y = default;
        NodePool<CopyNode>.Return(this);
    }
}
