namespace Athanor.Tensors.Kernels;

/// <summary>
/// Log-probability of one id per row: log p = z_t − lse, the negative of the plain cross-entropy. Rows with the ignore index give 0.
/// </summary>
internal static unsafe class LogProbKernel
{
    /// <summary>Fills <paramref name="args"/>.Losses with log p (not with its negative) and LogSumExp.</summary>
    public static void Forward(CpuDevice device, in CrossEntropyArgs args)
    {
        CrossEntropyKernel.Forward(device, args);
        for (long i = 0; i < args.Rows; i++)
            args.Losses[i] = 0 - args.Losses[i];
    }

    /// <summary>dx_v = upstream·(1(v = t) − p_v)·dz/dx; <paramref name="args"/>.Weights is the upstream gradient of each row.</summary>
    public static void Backward(CpuDevice device, in CrossEntropyArgs args)
    {
        CrossEntropyArgs negated = args;
        negated.Scale = -args.Scale;
        CrossEntropyKernel.Backward(device, negated);
    }
}
