using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of <see cref="AdamW8Kernel"/>: flat buffers of <see cref="Count"/> elements in blocks of <see cref="AdamW8Kernel.Block"/>.</summary>
internal unsafe struct AdamW8Args
{
    public float* Master;
    public float* Gradient;

    /// <summary>Signed codes of the first moment, one byte an element; zero is code 127.</summary>
    public byte* FirstCodes;

    /// <summary>Unsigned codes of the second moment; zero is code 0.</summary>
    public byte* SecondCodes;

    /// <summary>Largest |m| of each block.</summary>
    public float* FirstScales;

    /// <summary>Largest v of each block.</summary>
    public float* SecondScales;

    /// <summary>bf16 copy of the new weights; null when the fp32 weights are used themselves.</summary>
    public ushort* Copy;
    public long Count;
    public long Step;
    public float LearningRate, Beta1, Beta2, Epsilon, WeightDecay, GradientScale;
    public bool ZeroGradient;
}

/// <summary>
/// AdamW with moments in 8 bits, block-wise (Dettmers et al. 2021, arXiv 2110.02861): each block of 256 elements is dequantized by
/// <see cref="DynamicMap"/> and its own scale (the largest magnitude), updated as <see cref="AdamWKernel"/> does, and quantized again. The weights
/// are moved by the moments before they are rounded.
/// </summary>
/// <remarks>
/// 2.03 bytes of state an element instead of 8. The paper's block is 2048 elements; 256 is what its authors' library uses now: an outlier
/// costs fewer neighbours their resolution. A NaN gradient makes the moments of its whole block NaN, as their common scale is NaN.
/// </remarks>
internal static unsafe partial class AdamW8Kernel
{
    /// <summary>Elements that share a scale.</summary>
    public const int Block = 256;

    /// <summary>The code of zero in the signed map, with which first moments begin.</summary>
    public const byte FirstZero = 127;

    private const float SmallestScale = 1.17549435e-38f;

    /// <summary>Scales that each moment needs for <paramref name="count"/> elements.</summary>
    public static long Blocks(long count) => (count + Block - 1) / Block;

    /// <summary>Does one step.</summary>
    public static void Run(CpuDevice device, in AdamW8Args args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            device.Launch(new Sweep(args), args.Copy != null ? DType.BF16 : DType.F32, Blocks(args.Count), 64);
    }
}
