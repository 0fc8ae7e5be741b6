namespace Athanor.Tensors;

/// <summary>
/// Random numbers for initialisation, from Philox 4x32-10 by (seed, stream): the same bytes on every path, width, thread count and
/// machine. Take another stream for each parameter.
/// </summary>
public static unsafe class RandomFill
{
    /// <summary>Sets a contiguous F32 or BF16 tensor to uniform numbers in [low, high).</summary>
    public static void Uniform(Tensor target, float low, float high, ulong seed, ulong stream = 0)
    {
        Require(target);
        target.Kernels.RandomUniform(target.DType, target.Data, target.Count, low, high, seed, stream);
    }

    /// <summary>Sets a contiguous F32 or BF16 tensor to normal numbers.</summary>
    public static void Normal(Tensor target, float mean, float deviation, ulong seed, ulong stream = 0)
    {
        Require(target);
        target.Kernels.RandomNormal(target.DType, target.Data, target.Count, mean, deviation, seed, stream);
    }

    private static void Require(Tensor target)
    {
        if (!target.DType.IsFloating() || !target.IsContiguous)
            throw new ArgumentException($"Random numbers fill a contiguous F32 or BF16 tensor; this one is {target}.");
    }
}
