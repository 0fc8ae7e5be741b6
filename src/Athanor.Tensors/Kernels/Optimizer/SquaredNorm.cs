using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Σ x² of a flat fp32 buffer in double precision: each chunk of <see cref="Chunk"/> elements into its own slot, the slots added in
/// order, so the result depends on neither the number of threads nor timing. NaN and infinity come through; finite input cannot overflow.
/// </summary>
internal static unsafe partial class SquaredNormKernel
{
    /// <summary>Elements of one partial sum.</summary>
    public const long Chunk = 1 << 14;

    // Chunks that a thread takes at once: what is fetched ahead should be its own.
    private const long MostChunks = 32, ItemsPerThread = 8;

    /// <summary>Doubles that the caller provides for <paramref name="count"/> elements.</summary>
    public static long Partials(long count) => (count + Chunk - 1) / Chunk;

    /// <summary>The sum of the squares.</summary>
    public static double Run(CpuDevice device, float* x, long count, double* partials)
    {
        if (device.Path == KernelPath.Reference)
            return Reference(x, count);
        device.Launch(new Sweep { X = x, Partials = partials }, DType.F32, count, Chunk * Math.Clamp(count / (Chunk * ItemsPerThread * device.Threads), 1, MostChunks));
        double sum = 0;
        for (long i = 0; i < Partials(count); i++)
            sum += partials[i];
        return sum;
    }

    private static double Reference(float* x, long count)
    {
        double sum = 0;
        for (long i = 0; i < count; i++)
            sum += (double)x[i] * x[i];
        return sum;
    }
}
