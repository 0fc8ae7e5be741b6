namespace Athanor.Tensors.Kernels;

/// <summary>
/// Arguments of a forward norm over [Rows, Cols]: h = x + r, y = (h − μ)·ρ·γ + β with ρ = 1/√(σ² + ε); RMSNorm has μ = 0, σ² = mean h².
/// </summary>
internal unsafe struct NormForward
{
    public DType Type;
    public long Rows, Cols;
    public float Epsilon;

    /// <summary>Input, and the residual to add (null for none).</summary>
    public void* X, Residual;

    /// <summary>The sum x + r, rounded to <see cref="Type"/>; only with a residual. May be X or Residual itself.</summary>
    public void* H;
    public void* Y;

    /// <summary>Weights and bias of <see cref="WeightType"/>; null means ones and zeros.</summary>
    public void* Gamma, Beta;
    public DType WeightType;

    /// <summary>Per row, for backward. Mean is null for RMSNorm.</summary>
    public float* Mean, Rstd;
}

/// <summary>
/// Arguments of a backward norm. With g = dy·γ and x̂ = (h − μ)·ρ: dh = ρ·(g − mean g − x̂·mean(g·x̂)) + dhNext, dγ += Σ dy·x̂, dβ += Σ dy
/// (RMSNorm without the mean g). dh is the gradient of both x and r.
/// </summary>
internal unsafe struct NormBackward
{
    public DType Type;
    public long Rows, Cols;

    /// <summary>What forward normalised: h, or x when there was no residual.</summary>
    public void* H;
    public void* DY;

    /// <summary>Gradient that reaches h from the residual stream; null for none.</summary>
    public void* DHNext;

    /// <summary>Result; may be DY, DHNext or H itself.</summary>
    public void* DH;
    public void* Gamma;
    public DType WeightType;
    public float* Mean, Rstd;

    /// <summary>fp32 [Cols], added to; null when not wanted.</summary>
    public float* DGamma, DBeta;
}

/// <summary>
/// RMSNorm (Zhang and Sennrich 2019, arXiv 1910.07467) and LayerNorm (Ba et al. 2016, arXiv 1607.06450) with the residual addition
/// in the same pass. fp32 arithmetic on F32 or BF16 storage.
/// </summary>
internal static partial class NormKernel
{
    public static void RmsForward(CpuDevice device, in NormForward a) => Forward<Rms>(device, a);

    public static void LayerForward(CpuDevice device, in NormForward a) => Forward<Centered>(device, a);

    public static void RmsBackward(CpuDevice device, in NormBackward a) => Backward<Rms>(device, a);

    public static void LayerBackward(CpuDevice device, in NormBackward a) => Backward<Centered>(device, a);

    private interface IKind
    {
        /// <summary>Whether the mean is subtracted.</summary>
        static abstract bool SubtractsMean { get; }
    }

    private readonly struct Rms : IKind
    {
        public static bool SubtractsMean => false;
    }

    private readonly struct Centered : IKind
    {
        public static bool SubtractsMean => true;
    }

    private static void Forward<TKind>(CpuDevice device, in NormForward a) where TKind : IKind
    {
        if (device.Path == Cpu.KernelPath.Reference)
            ForwardReference<TKind>(a);
        else
            ForwardSimd<TKind>(device, a);
    }

    private static void Backward<TKind>(CpuDevice device, in NormBackward a) where TKind : IKind
    {
        if (device.Path == Cpu.KernelPath.Reference)
            BackwardReference<TKind>(a);
        else
            BackwardSimd<TKind>(device, a);
    }
}
