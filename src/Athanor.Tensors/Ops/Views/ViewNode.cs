using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Backward of reshape, transpose, permute and slice: the gradient goes back through the same view.</summary>
internal sealed class ViewNode : Node
{
    private Tensor _x, _y;
    private Strides _strides;
    private long _offset;
    private bool _whole;

    /// <summary>A view of <paramref name="x"/> over its own buffer.</summary>
    public static Tensor Apply(Tensor x, in Shape shape, in Strides strides, long offset)
    {
        Tensor y = StepScope.Require().Alias(x, shape, strides, offset);
        if (StepScope.Record<ViewNode>(x.RequiresGrad) is { } node)
        {
            node._x = x;
            node._y = node.Produces(y);
            node._strides = strides;
            node._offset = offset - x.State.Offset;
            // A rearrangement of all elements of a contiguous tensor: no element is left without a gradient.
            node._whole = x.IsContiguous && shape.Count == x.Count;
        }
        return y;
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        StepScope scope = StepScope.Require();
        if (_whole && dy.IsContiguous && _strides.IsRowMajor(_y.Shape))
        {
            Gradients.Add(_x, scope.Alias(dy, _x.Shape, Strides.RowMajor(_x.Shape), dy.State.Offset));
            return;
        }
        if (!_x.IsContiguous)
        {
            BackwardThroughStrides(dy);
            return;
        }
        Tensor dx = _whole
            ? scope.Allocate(_x.Device, _x.Shape, _x.DType, "a gradient")
            : Tensor.Zeros(_x.Device, _x.Shape, _x.DType);
        Tensor window = scope.Alias(dx, _y.Shape, _strides, _offset);
        window.Kernels.Copy(window.View, dy.View);
        Gradients.Add(_x, dx);
    }

    /// <summary>A view of a view: the base has gaps, so the gradient is laid out over the base's extent in memory first.</summary>
    private void BackwardThroughStrides(Tensor dy)
    {
        StepScope scope = StepScope.Require();
        long extent = 1;
        for (int i = 0; i < _x.Shape.Rank; i++)
            extent += (_x.Shape[i] - 1) * _x.Strides[i];
        Tensor memory = Tensor.Zeros(_x.Device, new Shape(checked((int)extent)), _x.DType);
        Tensor window = scope.Alias(memory, _y.Shape, _strides, _offset);
        window.Kernels.Copy(window.View, dy.View);
        Gradients.Add(_x, scope.Alias(memory, _x.Shape, _x.Strides, 0));
    }

    protected internal override void Recycle()
    {
        _x = _y = default;
        NodePool<ViewNode>.Return(this);
    }
}
