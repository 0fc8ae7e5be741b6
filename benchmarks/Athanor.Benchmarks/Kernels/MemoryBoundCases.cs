using Athanor.Tensors.Cpu;

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
        Optimizers(run);
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
}
