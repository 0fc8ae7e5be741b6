namespace Athanor.Tensors;

public static partial class Ops
{
    // Dropout numbers its streams in the upper half: draws of other ops count from 0.
    private const ulong DropoutStreams = 1ul << 63;

    /// <summary>
    /// Zeroes each element with the given probability and scales the others by 1/(1 − p); for training, evaluation leaves it out. The mask
    /// is a function of the scope's seed and is computed again in the backward pass.
    /// </summary>
    public static unsafe Tensor Dropout(this Tensor x, float probability)
    {
        RequireFloating(x, nameof(Dropout), nameof(x));
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability lies in 0 … 1.");
        StepScope scope = StepScope.Require();
        if (probability == 0)
            return x;
        x = x.Contiguous();
        ulong seed = scope.Random.Seed, stream = scope.Random.Take(1) | DropoutStreams;
        Tensor y = scope.Allocate(x.Device, x.Shape, x.DType, nameof(Dropout));
        x.Kernels.Dropout(x.DType, x.Data, y.Data, x.Count, probability, seed, stream);
        if (StepScope.Record<DropoutNode>(x.RequiresGrad) is { } node)
            node.Begin(x, y, probability, seed, stream);
        return y;
    }
}
