namespace Athanor.Tensors;

/// <summary>Differentiable operations on tensors.</summary>
public static partial class Ops
{
    /// <summary>The same elements in another shape; one extent may be −1. Free for contiguous tensors, others are copied.</summary>
    public static Tensor Reshape(this Tensor x, params ReadOnlySpan<int> extents)
    {
        Shape shape = ResolveReshape(x.Shape, extents);
        Tensor source = x.Contiguous();
        return ViewNode.Apply(source, shape, Strides.RowMajor(shape), source.State.Offset);
    }

    /// <summary>The tensor itself when it is contiguous, else a row-major copy.</summary>
    public static Tensor Contiguous(this Tensor x)
    {
        if (x.IsContiguous)
            return x;
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(Contiguous));
        x.Kernels.Copy(y.View, x.View);
        if (StepScope.Record<CopyNode>(x.RequiresGrad) is { } node)
            node.Begin(x, y);
        return y;
    }

    /// <summary>The tensor converted to another type; the gradient is converted back.</summary>
    public static Tensor To(this Tensor x, DType type)
    {
        if (x.DType == type)
            return x;
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, type, nameof(To));
        x.Kernels.Copy(y.View, x.View);
        if (type.IsFloating() && StepScope.Record<CopyNode>(x.RequiresGrad) is { } node)
            node.Begin(x, y);
        return y;
    }

    /// <summary>A view with two dimensions exchanged; free.</summary>
    public static Tensor Transpose(this Tensor x, int first, int second)
    {
        Shape shape = x.Shape;
        int i = shape.Index(first), j = shape.Index(second);
        Strides strides = x.Strides;
        (strides[i], strides[j]) = (strides[j], strides[i]);
        return ViewNode.Apply(x, shape.With(i, shape[j]).With(j, shape[i]), strides, x.State.Offset);
    }

    /// <summary>A view with the dimensions in another order: dimension i of the result is dimension order[i] of x; free.</summary>
    public static Tensor Permute(this Tensor x, params ReadOnlySpan<int> order)
    {
        if (order.Length != x.Shape.Rank)
            throw new ArgumentException($"Permute of {x} needs {x.Shape.Rank} dimensions in its order; {order.Length} were given.");
        Span<int> extents = stackalloc int[Shape.MaxRank];
        Strides strides = default;
        int seen = 0;
        for (int i = 0; i < order.Length; i++)
        {
            int from = x.Shape.Index(order[i]);
            seen |= 1 << from;
            extents[i] = x.Shape[from];
            strides[i] = x.Strides[from];
        }
        if (seen != (1 << order.Length) - 1)
            throw new ArgumentException("Permute needs each dimension exactly once.");
        return ViewNode.Apply(x, new Shape(extents[..order.Length]), strides, x.State.Offset);
    }

    /// <summary>The elements start … start + length − 1 along one dimension, as a view; free.</summary>
    public static Tensor Slice(this Tensor x, int dimension, int start, int length)
    {
        int i = x.Shape.Index(dimension);
        if (start < 0 || length < 0 || start > x.Shape[i] - length)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"The slice {start} … {start + (long)length} does not lie within dimension {i} of {x}.");
        return ViewNode.Apply(x, x.Shape.With(i, length), x.Strides, x.State.Offset + start * x.Strides[i]);
    }

    /// <summary>
    /// Cuts one dimension into parts, as views. Unlike slices, the parts' gradients are written straight into the gradient of
    /// the whole by ops that can.
    /// </summary>
    /// <param name="lengths">Extents of the parts; they add up to the dimension.</param>
    /// <param name="parts">Receives the parts.</param>
    public static void Split(this Tensor x, int dimension, ReadOnlySpan<int> lengths, Span<Tensor> parts)
    {
        int i = x.Shape.Index(dimension);
        int total = 0;
        foreach (int length in lengths)
            total = checked(total + length);
        if (total != x.Shape[i] || parts.Length < lengths.Length)
            throw new ArgumentException($"Split of dimension {i} of {x} into parts of {total} elements in all: they must add up to {x.Shape[i]}.");
        SplitNode.Apply(x, i, lengths, parts);
    }

    /// <summary>Joins tensors of one type along a dimension; all other extents agree.</summary>
    public static Tensor Concat(int dimension, params ReadOnlySpan<Tensor> tensors) => ConcatNode.Apply(dimension, tensors);

    private static Shape ResolveReshape(in Shape from, ReadOnlySpan<int> extents)
    {
        Span<int> resolved = stackalloc int[extents.Length];
        extents.CopyTo(resolved);
        int open = -1;
        long known = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] == -1 && open < 0)
                open = i;
            else
                known = checked(known * extents[i]);
        }
        if (open >= 0)
            resolved[open] = known == 0 ? 0 : checked((int)(from.Count / known));
        var shape = new Shape(resolved);
        if (shape.Count != from.Count)
            throw new ArgumentException($"A tensor of shape {from} ({from.Count} elements) cannot be reshaped to {shape} ({shape.Count} elements).");
        return shape;
    }
}
