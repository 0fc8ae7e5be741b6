using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

/// <summary>
/// Causal attention, B 4, H 12, T 1024, K 64. FLOPs are those of the visible pairs: two products forward, four backward; what the
/// backward pass recomputes is not counted.
/// </summary>
internal static unsafe class AttentionCases
{
    private const int B = 4, H = 12, T = 1024, K = 64;
    private const double ForwardFlops = 2 * 2.0 * B * H * K * T * (T + 1) / 2, AllFlops = 3 * ForwardFlops;
    private const string Fused = "fused", Unfused = "unfused";

    public static void Run(KernelRun run)
    {
        if (!run.Options.Wants("attention") || run.Device.Path == KernelPath.Reference)
            return;
        run.Report.Group("attention", $"causal, B {B}, H {H}, T {T}, K {K}; peer: the unfused form on the same matrix kernels");
        Compare(run, DType.BF16, backward: false);
        Compare(run, DType.BF16, backward: true);
        if (!run.Options.Quick)
        {
            Compare(run, DType.F32, backward: false);
            Compare(run, DType.F32, backward: true);
        }
    }

    private static void Compare(KernelRun run, DType type, bool backward)
    {
        using var buffers = new Buffers();
        var sets = new AttentionArgs[Measure.Sets];
        for (int set = 0; set < Measure.Sets; set++)
            sets[set] = MakeArgs(buffers, type);
        var unfused = new UnfusedAttention(run.Device, buffers, type, B * H, T, K);
        var measure = new Measure();
        double flops = backward ? AllFlops : ForwardFlops;
        measure.Add(Fused, flops, set =>
        {
            FlashAttention.Forward(run.Device, sets[set]);
            if (backward)
                FlashAttention.Backward(run.Device, sets[set]);
        });
        measure.Add(Unfused, flops, _ =>
        {
            unfused.Forward();
            if (backward)
                unfused.Backward();
        });
        string? limit = run.Limits.Join(measure, run.Device.Path == KernelPath.Amx && type == DType.BF16 ? Peak.AmxBf16 : Peak.FmaF32);
        measure.Go(run.Seconds * (backward ? 4 : 2));
        run.Report.Add(new Result("", $"{(backward ? "forward and backward" : "forward")}, {type}", measure.Median(Fused) / 1e9, "GFLOP/s")
        {
            Best = measure.Best(Fused) / 1e9,
            Limit = limit is null ? null : measure.Median(limit) / 1e9,
            Peer = "unfused",
            PeerValue = measure.Median(Unfused) / 1e9,
            BestRatio = measure.Best(Fused) / measure.Best(Unfused),
        });
    }

    private static AttentionArgs MakeArgs(Buffers buffers, DType type)
    {
        // [B, T, H, K], as a projection writes it.
        AttentionOperand Operand(bool random) => new(
            random ? buffers.Random(type, (long)B * T * H * K, 1) : buffers.Zero((long)B * T * H * K * type.Size()), (long)T * H * K, H * K, K);
        return new AttentionArgs
        {
            Type = type,
            Batch = B,
            QueryLength = T,
            KeyLength = T,
            QueryHeads = H,
            KeyHeads = H,
            HeadDim = K,
            Q = Operand(true),
            K = Operand(true),
            V = Operand(true),
            O = Operand(false),
            OGrad = Operand(true),
            QGrad = Operand(false),
            KGrad = Operand(false),
            VGrad = Operand(false),
            Lse = (float*)buffers.Zero((long)B * H * T * 4),
            Scale = 1 / MathF.Sqrt(K),
            Causal = true,
        };
    }
}
