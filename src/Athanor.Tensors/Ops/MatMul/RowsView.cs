namespace Athanor.Tensors;

/// <summary>A tensor […, columns] seen as a matrix: rows a fixed distance apart, elements of a row side by side.</summary>
internal static class RowsView
{
    /// <summary>The distance between rows; false when the tensor does not lie like that.</summary>
    public static bool TryGet(Tensor tensor, out long ld)
    {
        Shape shape = tensor.Shape;
        Strides strides = tensor.Strides;
        int last = shape.Rank - 1;
        ld = shape.Last;
        if (last < 0 || (strides[last] != 1 && shape[last] != 1))
            return false;
        bool first = true;
        long next = 0;
        for (int i = last - 1; i >= 0; i--)
        {
            if (shape[i] == 1)
                continue;
            if (first)
                ld = strides[i];
            else if (strides[i] != next)
                return false;
            first = false;
            next = strides[i] * shape[i];
        }
        return ld >= shape.Last;
    }

    /// <summary>The tensor, or a contiguous copy when its rows do not lie evenly.</summary>
    public static Tensor Of(Tensor tensor, out long ld)
    {
        if (TryGet(tensor, out ld))
            return tensor;
        ld = tensor.Shape.Last;
        return tensor.Contiguous();
    }

    /// <summary>A place for the gradient of a tensor that can be written by rows.</summary>
    public static Tensor NewGradient(Tensor tensor, out long ld)
    {
        Tensor place = Autograd.Gradients.New(tensor);
        return TryGet(place, out ld) ? place : Of(Autograd.Gradients.New(tensor, contiguous: true), out ld);
    }
}
