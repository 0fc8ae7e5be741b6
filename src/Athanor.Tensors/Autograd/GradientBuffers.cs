namespace Athanor.Tensors.Autograd;

/// <summary>Where an op with one input of the result's shape writes its gradient.</summary>
internal static class GradientBuffers
{
    /// <summary>
    /// The upstream gradient itself when nobody else holds it: it dies with this node, and its lines are in the cache. Else a
    /// fresh contiguous tensor. For kernels that may overwrite dy.
    /// </summary>
    public static Tensor Over(Tensor dy, Tensor x)
    {
        TensorState state = dy.State;
        bool free = state.Adopted <= 1 && state.Saved == 0 && !state.Kept && state.Buffer is { References: 1 } && state.Scope is not null && x.State.Placement is null;
        return free && dy.DType == x.DType && dy.Shape == x.Shape && dy.IsContiguous ? dy : Gradients.New(x, contiguous: true);
    }
}
