using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of <see cref="AdamWKernel"/>: flat buffers of <see cref="Count"/> elements.</summary>
internal unsafe struct AdamWArgs
{
    /// <summary>fp32 weights, updated in place.</summary>
    public float* Master;
    public float* FirstMoment;
    public float* SecondMoment;
    public float* Gradient;

    /// <summary>bf16 copy of the new weights for the next forward pass; null when the fp32 weights are used themselves.</summary>
    public ushort* Copy;
    public long Count;

    /// <summary>Number of this step, from 1: the exponent of the bias corrections.</summary>
    public long Step;
    public float LearningRate, Beta1, Beta2, Epsilon, WeightDecay;

    /// <summary>Factor on the gradient: clipping, and one over the number of accumulated batches.</summary>
    public float GradientScale;

    /// <summary>Leaves zeros in the gradient, so that the next step accumulates without a sweep of its own.</summary>
    public bool ZeroGradient;
}

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), one sweep over the group:
/// <code>
/// g = scale·gradient;  m = β1·m + (1-β1)·g;  v = β2·v + (1-β2)·g²
/// w = w·(1 - lr·wd) - lr · (m / (1-β1^t)) / (sqrt(v / (1-β2^t)) + ε);  copy = bf16(w)
/// </code>
/// </summary>
/// <remarks>
/// Limited by memory: 28 bytes an element, 30 with the bf16 copy, 4 more to zero the gradient. NaN and infinity in a gradient
/// reach that element's weight and moments only.
/// </remarks>
internal static unsafe partial class AdamWKernel
{
    /// <summary>Elements a member takes at once; a multiple of every vector width.</summary>
    private const long Chunk = 1 << 15;

    /// <summary>Does one step.</summary>
    public static void Run(CpuDevice device, in AdamWArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            device.Launch(new ElementBody<Sweep> { Sweep = new Sweep(args) }, args.Copy != null ? DType.BF16 : DType.F32, args.Count, Chunk);
    }
}
