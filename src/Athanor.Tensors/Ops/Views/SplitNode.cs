using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>
/// Backward of a split. The gradient of the whole is allocated when the first part's gradient is about to be written, and
/// parts are offered their places in it; what was not written in place is copied, what got no gradient is zero.
/// </summary>
internal sealed class SplitNode : Node, IGradientPlacement
{
    private const int MaxParts = 10;
    private readonly Tensor[] _parts = new Tensor[MaxParts];
    private readonly int[] _starts = new int[MaxParts];
    private int _count, _dimension;
    private Tensor _x, _whole;

    public static void Apply(Tensor x, int dimension, ReadOnlySpan<int> lengths, Span<Tensor> parts)
    {
        if (lengths.Length > MaxParts)
            throw new ArgumentException($"A split makes at most {MaxParts} parts.");
        SplitNode? node = StepScope.Record<SplitNode>(x.RequiresGrad);
        StepScope scope = StepScope.Require();
        int start = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            parts[i] = scope.Alias(x, x.Shape.With(dimension, lengths[i]), x.Strides, x.State.Offset + start * x.Strides[dimension]);
            if (node is not null)
            {
                node._parts[i] = node.Produces(parts[i]);
                node._starts[i] = start;
                parts[i].State.Placement = node;
                parts[i].State.PlacementIndex = i;
            }
            start += lengths[i];
        }
        if (node is not null)
        {
            node._x = x;
            node._count = lengths.Length;
            node._dimension = dimension;
        }
    }

    public Tensor Place(int part)
    {
        if (!_whole.Exists)
        {
            _whole = StepScope.Require().Allocate(_x.Device, _x.Shape, _x.DType, "a gradient");
            _whole.State.Adopted++;
        }
        return _whole.Window(_dimension, _starts[part], _parts[part].Shape[_dimension]);
    }

    protected internal override unsafe void Backward()
    {
        for (int i = 0; i < _count; i++)
        {
            Tensor place = Place(i);
            if (!TryStridedGradient(_parts[i], out Tensor gradient))
            {
                Tensor zero = StepScope.Require().Allocate(_x.Device, place.Shape, _x.DType, "a gradient");
                _x.Kernels.Clear(zero.Data, zero.Count * _x.DType.Size());
                _x.Kernels.Copy(place.View, zero.View);
            }
            else if (gradient.Data != place.Data)
            {
                _x.Kernels.Copy(place.View, gradient.View);
            }
        }
        Gradients.Add(_x, _whole);
    }

    protected internal override void Recycle()
    {
        if (_whole.Exists && --_whole.State.Adopted == 0)
            _whole.Release();
        Array.Clear(_parts);
        _x = _whole = default;
        NodePool<SplitNode>.Return(this);
    }
}
