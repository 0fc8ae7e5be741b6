using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of <see cref="SgdKernel"/>: flat buffers of <see cref="Count"/> elements.</summary>
internal unsafe struct SgdArgs
{
    public float* Master;

    /// <summary>Momentum buffer, zero before the first step; null for plain gradient descent.</summary>
    public float* Momentum;
    public float* Gradient;

    /// <summary>bf16 copy of the new weights; null when the fp32 weights are used themselves.</summary>
    public ushort* Copy;
    public long Count;
    public float LearningRate, MomentumFactor, WeightDecay, GradientScale;
    public bool Nesterov, ZeroGradient;
}

/// <summary>
/// Stochastic gradient descent with momentum (Polyak 1964; Nesterov's form as in Sutskever et al. 2013), one sweep over the group:
/// <code>
/// g = scale·gradient + wd·w;  b = μ·b + g;  w = w - lr·(nesterov ? g + μ·b : b)
/// </code>
/// Weight decay is the classical L2 term inside the gradient, as in the frameworks' SGD.
/// </summary>
internal static unsafe partial class SgdKernel
{
    private const long Chunk = 1 << 15;

    /// <summary>Does one step.</summary>
    public static void Run(CpuDevice device, in SgdArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            device.Launch(new ElementBody<Sweep> { Sweep = new Sweep { Args = args } }, args.Copy != null ? DType.BF16 : DType.F32, args.Count, Chunk);
    }
}
