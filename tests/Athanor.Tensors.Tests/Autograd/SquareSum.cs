using Athanor.Tensors.Autograd;

namespace Athanor.Tensors.Tests.Autograd;

/// <summary>A minimal op for tests of the tape: Σ w·x² with host loops.</summary>
internal sealed class SquareSum : Node
{
    private Tensor _x, _y;
    private float[] _weights = [];

    public static Tensor Of(Tensor x, float[] weights)
    {
        float[] values = x.ToArray();
        float sum = 0;
        for (int i = 0; i < values.Length; i++)
            sum += weights[i] * values[i] * values[i];
        Tensor y = Tensor.From(x.Device, new Shape(), [sum]);
        if (StepScope.Record<SquareSum>(x.RequiresGrad) is { } node)
        {
            node._x = node.Save(x);
            node._y = node.Produces(y);
            node._weights = weights;
        }
        return y;
    }

    protected internal override void Backward()
    {
        float dy = Gradient(_y).Item();
        float[] gradient = _x.ToArray();
        for (int i = 0; i < gradient.Length; i++)
            gradient[i] *= 2 * _weights[i] * dy;
        Tensor dx = Tensor.From(_x.Device, _x.Shape, gradient, _x.DType);
        Gradients.Add(_x, dx);
    }

    protected internal override void Recycle() => _x = _y = default;
}
