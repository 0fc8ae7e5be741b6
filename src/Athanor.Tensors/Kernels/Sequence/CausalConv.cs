using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Causal depthwise convolution over time: a[b, t, d] = bias[d] + Σ_k w[d, k]·x[b, t − (K − 1) + k, d], y = a or SiLU(a).
/// The last tap meets the current step.
/// </summary>
/// <remarks>
/// Steps before the row are read from <see cref="InitialState"/> (zero without one). Taps that would reach into another segment
/// are dropped; the state belongs to the segment of step 0.
/// Backward reads x and dy and recomputes a.
/// </remarks>
internal unsafe struct CausalConvArgs
{
    /// <summary>x and y are [Batch, Time, Channels].</summary>
    public int Batch, Time, Channels;

    /// <summary>K, 1 to 8.</summary>
    public int Width;
    public void* X, Y;
    public DType Type;

    /// <summary>[Channels, Width], fp32.</summary>
    public float* Weight;

    /// <summary>[Channels], fp32, or null.</summary>
    public float* Bias;
    public bool Silu;

    /// <summary>[Batch, Time] segment numbers, or null: a step sees only steps of its own segment.</summary>
    public int* Segments;

    /// <summary>[Batch, Width − 1, Channels] of the type of x: the inputs before step 0, oldest first; or null.</summary>
    public void* InitialState;

    /// <summary>Forward, out: the last Width − 1 inputs, to go on from; or null. May be the initial state itself.</summary>
    public void* FinalState;

    /// <summary>Backward: gradient of y, and the gradients to write (dx, dInitialState) or to add to (dWeight, dBias); null for none.</summary>
    public void* YGradient, XGradient, InitialStateGradient;
    public float* WeightGradient, BiasGradient;

    /// <summary>How many earlier steps step t of row b may see, at most Width − 1.</summary>
    public readonly int Reach(long b, int t)
    {
        int reach = Width - 1;
        if (InitialState == null)
            reach = Math.Min(reach, t);
        if (Segments == null)
            return reach;
        int* segment = Segments + b * Time;
        for (int k = 1; k <= reach; k++)
        {
            if (segment[Math.Max(t - k, 0)] != segment[t])
                return k - 1;
        }
        return reach;
    }
}

/// <summary>See <see cref="CausalConvArgs"/>.</summary>
internal static unsafe partial class CausalConvKernel
{
    public const int MaxWidth = 8;

    public static void Forward(CpuDevice device, in CausalConvArgs args)
    {
        CheckWidth(args.Width);
        if (device.Path == KernelPath.Reference)
            ForwardReference(args);
        else
            ForwardSimd(device, args);
        if (args.FinalState != null)
            SaveState(args);
    }

    public static void Backward(CpuDevice device, in CausalConvArgs args)
    {
        CheckWidth(args.Width);
        if (device.Path == KernelPath.Reference)
            BackwardReference(args);
        else
            BackwardSimd(device, args);
    }

    private static void CheckWidth(int width)
    {
        if (width is < 1 or > MaxWidth)
            throw new ArgumentOutOfRangeException(nameof(width), width, $"A causal convolution has 1 to {MaxWidth} taps.");
    }

    // The state keeps raw inputs and does not look at segments: what follows may belong to the last one.
    private static void SaveState(in CausalConvArgs args)
    {
        long row = (long)args.Channels * args.Type.Size();
        int keep = args.Width - 1;
        for (long b = 0; b < args.Batch; b++)
        {
            byte* state = (byte*)args.FinalState + b * keep * row;
            byte* before = (byte*)args.InitialState + b * keep * row;
            for (int j = 0; j < keep; j++)
            {
                // Ascending, so that the final state may replace the initial one.
                int t = args.Time - keep + j;
                if (t >= 0)
                    Buffer.MemoryCopy((byte*)args.X + (b * args.Time + t) * row, state + j * row, row, row);
                else if (args.InitialState != null)
                    Buffer.MemoryCopy(before + (j + args.Time) * row, state + j * row, row, row);
                else
                    new Span<byte>(state + j * row, (int)row).Clear();
            }
        }
    }
}
