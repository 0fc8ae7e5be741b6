namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Applies <paramref name="function"/> without keeping its activations; the backward pass computes them again, with the same
    /// random numbers, so results and gradients are those of the plain call.
    /// </summary>
    /// <param name="function">A pure function of its arguments and parameters; pass a cached delegate to avoid an allocation per call.</param>
    /// <param name="state">Handed through: the layer, usually.</param>
    public static Tensor Checkpoint<TState>(Func<TState, Tensor, Tensor> function, TState state, Tensor x) =>
        CheckpointNode<TState>.Apply(function, state, x);
}
