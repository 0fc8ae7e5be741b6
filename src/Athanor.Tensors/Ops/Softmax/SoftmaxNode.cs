using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of softmax from its result alone.</summary>
internal sealed class SoftmaxNode : Node
{
    private Tensor _x, _y;
    private float _scale;
    private bool _log;

    public void Begin(Tensor x, Tensor y, float scale, bool log)
    {
        _x = x;
        _y = Save(Produces(y));
        _scale = scale;
        _log = log;
    }

    protected internal override unsafe void Backward()
    {
        Tensor dy = Gradient(_y), dx = GradientBuffers.Over(dy, _x);
        dy.Kernels.SoftmaxBackward(new SoftmaxArguments
        {
            Type = _y.DType,
            Rows = _y.Shape.Rows,
            Cols = _y.Shape.Last,
            Scale = _scale,
            Y = _y.Data,
            Log = _log,
            DY = dy.Data,
            DX = dx.Data,
        });
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle()
    {
        _x = _y = default;
        NodePool<SoftmaxNode>.Return(this);
    }
}
