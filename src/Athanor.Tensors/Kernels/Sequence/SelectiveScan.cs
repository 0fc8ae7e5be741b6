using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Selective scan (Mamba, arXiv:2312.00752, algorithm 2): with Δ = softplus(delta + bias), or delta as it is,
/// h[b, t, n, d] = exp(Δ·A[d, n])·h[b, t − 1, n, d] + Δ·B[b, t, n]·u[b, t, d], y[b, t, d] = Σ_n C[b, t, n]·h[b, t, n, d] + Skip[d]·u[b, t, d].
/// </summary>
/// <remarks>
/// Forward can keep the states before every <see cref="Chunk"/>-th step; backward recomputes those in between. States are
/// [States, Channels] per row, fp32.
/// </remarks>
internal unsafe struct SelectiveScanArgs
{
    /// <summary>Steps between kept states.</summary>
    public const int Chunk = 64;

    /// <summary>u, delta and y are [Batch, Time, Channels]; B and C [Batch, Time, States]; all of <see cref="Type"/>.</summary>
    public int Batch, Time, Channels, States;
    public void* U, Delta, B, C, Y;
    public DType Type;

    /// <summary>[Channels, States], fp32, usually negative.</summary>
    public float* A;

    /// <summary>[Channels], fp32, or null.</summary>
    public float* Skip, DeltaBias;
    public bool Softplus;

    /// <summary>[Batch, Time] segment numbers, or null: the state is cleared where the number changes.</summary>
    public int* Segments;

    /// <summary>[Batch, States, Channels], fp32: the state before step 0 (null: zero), and out: the state after the last step (or null).</summary>
    public float* InitialState, FinalState;

    /// <summary>[Batch, <see cref="Chunks"/>, States, Channels]: the state before each chunk. Forward, out (or null); backward, in.</summary>
    public float* Boundaries;

    /// <summary>Backward: gradients of y and of the final state (null: zero).</summary>
    public void* YGradient;
    public float* FinalStateGradient;

    /// <summary>Backward, written; null for none.</summary>
    public void* UGradient, DeltaGradient, BGradient, CGradient;
    public float* InitialStateGradient;

    /// <summary>Backward, added to; null for none.</summary>
    public float* AGradient, SkipGradient, DeltaBiasGradient;

    public readonly int Chunks => (Time + Chunk - 1) / Chunk;

    /// <summary>Whether the state is cleared before step t of row b.</summary>
    public readonly bool Clears(long b, int t) => Segments != null && t > 0 && Segments[b * Time + t] != Segments[b * Time + t - 1];
}

/// <summary>See <see cref="SelectiveScanArgs"/>.</summary>
internal static unsafe partial class SelectiveScanKernel
{
    public static void Forward(CpuDevice device, in SelectiveScanArgs args)
    {
        if (device.Path == KernelPath.Reference)
            ForwardReference(args);
        else
            ForwardSimd(device, args);
    }

    public static void Backward(CpuDevice device, in SelectiveScanArgs args)
    {
        if (device.Path == KernelPath.Reference)
            BackwardReference(args);
        else
            BackwardSimd(device, args);
    }
}
