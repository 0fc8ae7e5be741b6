using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks.Kernels;

/// <summary>The limits themselves and the cost of sharing work: the frame in which all other figures stand.</summary>
internal static class LimitCases
{
    public static void Run(KernelRun run)
    {
        if (run.Options.Wants("limits"))
            Peaks(run);
        if (run.Options.Wants("team"))
            ForkJoin(run);
    }

    private static void Peaks(KernelRun run)
    {
        run.Report.Group("limits");
        var measure = new Measure();
        var joined = new List<(string Name, Peak Peak)>();
        foreach (Peak peak in Enum.GetValues<Peak>())
        {
            if (run.Limits.Join(measure, peak) is { } name)
                joined.Add((name, peak));
        }
        measure.Go(run.Seconds * 2);
        foreach (var (name, peak) in joined)
        {
            string unit = peak >= Peak.MemoryRead ? "GB/s" : peak == Peak.AmxInt8 ? "GOP/s" : "GFLOP/s";
            run.Report.Add(new Result("", peak.ToString(), measure.Median(name) / 1e9, unit) { Best = measure.Best(name) / 1e9 });
        }
    }

    private static void ForkJoin(KernelRun run)
    {
        run.Report.Group("team", "an empty job");
        run.Report.Add(new Result("", "fork-join", PeakMeter.ForkJoinSeconds(run.Device.Team) * 1e6, "µs"));
        // The same through the thread pool, the way a program without a team of its own would share work.
        var parallel = new Measure();
        var options = new ParallelOptions { MaxDegreeOfParallelism = run.Device.Threads };
        parallel.Add("parallel", 1, _ => Parallel.For(0, run.Device.Threads, options, static _ => { }));
        parallel.Go(0.05);
        run.Report.Add(new Result("", "Parallel.For", 1e6 / parallel.Median("parallel"), "µs"));
    }
}
