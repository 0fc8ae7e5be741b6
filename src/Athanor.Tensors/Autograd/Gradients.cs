namespace Athanor.Tensors.Autograd;

/// <summary>How gradients of tensors are started, added up and handed to parameters.</summary>
internal static class Gradients
{
    /// <summary>Whether an op's backward should compute the gradient of this input.</summary>
    public static bool Wanted(Tensor tensor) => tensor.Exists && tensor.RequiresGrad;

    /// <summary>
    /// Where to write the gradient of an activation: undefined contents, the tensor's shape and type. For a part of a split
    /// that has no gradient yet it is a strided view into the whole's gradient, unless <paramref name="contiguous"/>.
    /// </summary>
    public static Tensor New(Tensor tensor, bool contiguous = false)
    {
        TensorState state = tensor.State;
        if (!contiguous && state.Gradient is null && state.Placement is { } placement)
            return placement.Place(state.PlacementIndex);
        return StepScope.Require().Allocate(state.Device, state.Shape, state.DType, "a gradient");
    }

    /// <summary>
    /// Adds to the gradient of a tensor. The first gradient of an activation is adopted without a copy, so the caller must not
    /// change it afterwards; parameters accumulate in fp32.
    /// </summary>
    public static void Add(Tensor tensor, Tensor gradient)
    {
        TensorState state = tensor.State;
        if (!state.RequiresGrad)
            return;
        if (gradient.Shape != state.Shape)
            throw new InvalidOperationException($"A gradient of shape {gradient.Shape} was computed for a tensor of shape {state.Shape}.");
        TensorState addend = gradient.State;
        if (state.Gradient is null)
        {
            if (addend.DType != state.DType)
                addend = Converted(gradient, state.DType).State;
            // A gradient must live as long as its tensor: one made in an inner scope gets a handle in the tensor's own.
            if (addend.Scope != state.Scope)
                addend = state.Scope!.Alias(new Tensor(addend), addend.Shape, addend.Strides, addend.Offset).State;
            state.Gradient = addend;
            addend.Adopted++;
            return;
        }
        TensorState sum = state.Gradient;
        bool own = sum.Scope is null || (sum.Adopted == 1 && sum.Buffer is { References: 1 });
        if (!own)
        {
            // Someone shares the present gradient: the sum goes to a new buffer.
            Tensor copy = state.Scope!.Allocate(state.Device, state.Shape, sum.DType, "a gradient");
            copy.Kernels.Copy(copy.View, sum.View());
            state.DropGradient();
            sum = copy.State;
            sum.Adopted++;
            state.Gradient = sum;
        }
        state.Device.Kernels.Accumulate(sum.View(), addend.View(), 1);
    }

    /// <summary>
    /// The fp32 buffer into which a weight's gradient is accumulated (+=): a parameter's own, or for a computed weight a fresh
    /// zeroed one. Finish with <see cref="EndWeight"/>.
    /// </summary>
    public static Tensor BeginWeight(Tensor weight)
    {
        TensorState state = weight.State;
        if (state.Scope is null)
            return new Tensor(state.Gradient ?? throw new InvalidOperationException("The parameter has no gradient buffer."));
        return Tensor.Zeros(state.Device, state.Shape, DType.F32);
    }

    /// <summary>Hands what was accumulated to the weight; nothing to do for parameters.</summary>
    public static void EndWeight(Tensor weight, Tensor accumulated)
    {
        TensorState state = weight.State;
        if (state.Scope is null)
            return;
        Add(weight, accumulated);
    }

    private static Tensor Converted(Tensor gradient, DType type)
    {
        Tensor converted = StepScope.Require().Allocate(gradient.Device, gradient.Shape, type, "a gradient");
        converted.Kernels.Copy(converted.View, gradient.View);
        return converted;
    }
}
