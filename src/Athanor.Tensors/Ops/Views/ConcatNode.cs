using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Concatenation by copies; the backward hands each input its window of the gradient.</summary>
internal sealed class ConcatNode : Node
{
    private const int MaxInputs = 64;
    private readonly Tensor[] _inputs = new Tensor[MaxInputs];
    private int _count, _dimension;
    private Tensor _y;

    public static Tensor Apply(int dimension, ReadOnlySpan<Tensor> tensors)
    {
        if (tensors.Length is 0 or > MaxInputs)
            throw new ArgumentException($"Concat joins 1 to {MaxInputs} tensors; {tensors.Length} were given.");
        Tensor first = tensors[0];
        int i = first.Shape.Index(dimension);
        int total = 0;
        bool wanted = false;
        foreach (Tensor tensor in tensors)
        {
            if (tensor.DType != first.DType || tensor.Shape.Rank != first.Shape.Rank || tensor.Shape.With(i, 0) != first.Shape.With(i, 0))
                throw new ArgumentException($"Concat along dimension {i}: {tensor} does not fit {first}; all other extents and the type must agree.");
            total = checked(total + tensor.Shape[i]);
            wanted |= tensor.RequiresGrad;
        }
        Tensor y = StepScope.Require().Allocate(first.Device, first.Shape.With(i, total), first.DType, nameof(Ops.Concat));
        int start = 0;
        foreach (Tensor tensor in tensors)
        {
            y.Kernels.Copy(y.Window(i, start, tensor.Shape[i]).View, tensor.View);
            start += tensor.Shape[i];
        }
        if (StepScope.Record<ConcatNode>(wanted) is { } node)
        {
            tensors.CopyTo(node._inputs);
            node._count = tensors.Length;
            node._dimension = i;
            node._y = node.Produces(y);
        }
        return y;
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        int start = 0;
        for (int i = 0; i < _count; i++)
        {
            int length = _inputs[i].Shape[_dimension];
            if (Gradients.Wanted(_inputs[i]))
            {
                Tensor dx = Gradients.New(_inputs[i]);
                dx.Kernels.Copy(dx.View, dy.Window(_dimension, start, length).View);
                Gradients.Add(_inputs[i], dx);
            }
            start += length;
        }
    }

    protected internal override void Recycle()
    {
        Array.Clear(_inputs);
        _y = default;
        NodePool<ConcatNode>.Return(this);
    }
}
