namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Writes <paramref name="source"/> into a buffer at <paramref name="start"/> of a dimension, rounding to its type: rows of a cache, for example.
    /// </summary>
    /// <param name="target">A parameter that is not trained.</param>
    /// <param name="source">The target's shape but for that dimension.</param>
    /// <exception cref="ArgumentException">The target is trained, or the shapes do not fit.</exception>
    public static void Assign(this Parameter target, int dimension, int start, Tensor source)
    {
        ArgumentNullException.ThrowIfNull(target);
        int i = target.Shape.Index(dimension);
        if (target.Trainable)
            throw new ArgumentException($"The parameter {target} is trained; an assignment would pass its optimizer by. Assign to a buffer (trainable: false).");
        if (source.Shape.Rank != target.Shape.Rank || source.Shape.With(i, 1) != target.Shape.With(i, 1) || start < 0 || start + (long)source.Shape[i] > target.Shape[i])
            throw new ArgumentException($"A source {source} does not fit into {target} at {start} of dimension {dimension}.");
        source.Kernels.Copy(target.Value.Window(i, start, source.Shape[i]).View, source.View);
    }
}
