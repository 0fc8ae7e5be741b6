using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of dropout: the same mask, from the same numbers, on the gradient.</summary>
internal sealed class DropoutNode : Node
{
    private Tensor _x, _y;
    private float _probability;
    private ulong _seed, _stream;

    public void Begin(Tensor x, Tensor y, float probability, ulong seed, ulong stream)
    {
        _x = x;
        _y = Produces(y);
        _probability = probability;
        _seed = seed;
        _stream = stream;
    }

    protected internal override unsafe void Backward()
    {
        Tensor dy = Gradient(_y), dx = GradientBuffers.Over(dy, _x);
        dy.Kernels.Dropout(dy.DType, dy.Data, dx.Data, dy.Count, _probability, _seed, _stream);
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = default;
        NodePool<DropoutNode>.Return(this);
    }
}
