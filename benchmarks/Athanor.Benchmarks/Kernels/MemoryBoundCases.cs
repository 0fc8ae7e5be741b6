using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Benchmarks.Kernels;

/// <summary>
/// Kernels that memory limits, on data of 256 MB and more, far larger than the caches that one tenant gets. Bytes are those that
/// must move: each input read once, each output written once. The limit is the streaming rate with the like mix of reads and writes.
/// </summary>
internal static unsafe partial class MemoryBoundCases
{
    private const string Ours = "ours";

    public static void Run(KernelRun run)
    {
        if (!run.Options.Wants("memory-bound") || run.Device.Path == KernelPath.Reference)
            return;
        run.Report.Group("memory-bound", "bytes that must move; limit: streaming with the like mix of reads and writes");
        RmsNorm(run);
        SwiGlu(run);
        Rope(run);
        CrossEntropy(run);
        AdamW(run, withCopy: false);
        AdamW(run, withCopy: true);
    }

    private static void Time(KernelRun run, string name, double bytes, Peak limit, Action action)
    {
        var measure = new Measure();
        measure.Add(Ours, bytes, _ => action());
        string joined = run.Limits.Join(measure, limit)!;
        measure.Go(run.Options.Quick ? 0.1 : 0.6);
        run.Report.Add(new Result("", name, measure.Median(Ours) / 1e9, "GB/s")
        {
            Best = measure.Best(Ours) / 1e9,
            Limit = measure.Median(joined) / 1e9,
        });
    }

    private static void AdamW(KernelRun run, bool withCopy)
    {
        const long Count = 48 << 20;
        using var buffers = new Buffers();
        var args = new AdamWArgs
        {
            Master = (float*)buffers.Random(DType.F32, Count),
            FirstMoment = (float*)buffers.Zero(Count * 4),
            SecondMoment = (float*)buffers.Zero(Count * 4),
            Gradient = (float*)buffers.Random(DType.F32, Count, 1e-2f),
            Copy = withCopy ? (ushort*)buffers.Zero(Count * 2) : null,
            Count = Count,
            Step = 10,
            LearningRate = 1e-4f,
            Beta1 = 0.9f,
            Beta2 = 0.95f,
            Epsilon = 1e-8f,
            WeightDecay = 0.1f,
            GradientScale = 1,
        };
        Time(run, withCopy ? "AdamW fp32 states, bf16 copy" : "AdamW fp32 states", Count * (withCopy ? 30.0 : 28), Peak.MemoryTriad, () => AdamWKernel.Run(run.Device, args));
    }
}
