using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of <see cref="LionKernel"/>: flat buffers of <see cref="Count"/> elements.</summary>
internal unsafe struct LionArgs
{
    public float* Master;
    public float* Momentum;
    public float* Gradient;

    /// <summary>bf16 copy of the new weights; null when the fp32 weights are used themselves.</summary>
    public ushort* Copy;
    public long Count;
    public float LearningRate, Beta1, Beta2, WeightDecay, GradientScale;
    public bool ZeroGradient;
}

/// <summary>
/// Lion (Chen et al. 2023, arXiv 2302.06675), one sweep over the group:
/// <code>
/// g = scale·gradient;  w = w·(1 - lr·wd) - lr·sign(β1·m + (1-β1)·g);  m = β2·m + (1-β2)·g
/// </code>
/// with sign(0) = 0 and sign(NaN) = NaN.
/// </summary>
internal static unsafe partial class LionKernel
{
    private const long Chunk = 1 << 15;

    /// <summary>Does one step.</summary>
    public static void Run(CpuDevice device, in LionArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            device.Launch(new ElementBody<Sweep> { Sweep = new Sweep { Args = args } }, args.Copy != null ? DType.BF16 : DType.F32, args.Count, Chunk);
    }
}
