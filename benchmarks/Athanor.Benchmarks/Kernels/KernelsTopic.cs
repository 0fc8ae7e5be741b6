using Athanor.Tensors;

namespace Athanor.Benchmarks.Kernels;

/// <summary>What a family of cases needs to run.</summary>
internal sealed record KernelRun(Options Options, Report Report, CpuDevice Device, Limits Limits, OneDnn? Peer)
{
    /// <summary>Seconds of timing for each contestant.</summary>
    public double Seconds => Options.Quick ? 0.06 : 0.25;
}

/// <summary>Topic kernels: every family of cases on this machine.</summary>
internal static class KernelsTopic
{
    private static readonly Action<KernelRun>[] Families =
    [
        LimitCases.Run,
        GemmBf16Cases.Run,
        GemmF32Cases.Run,
        AttentionCases.Run,
        LinearLossCases.Run,
        MemoryBoundCases.Run,
        MuonCases.Run,
    ];

    public static int Run(Options options)
    {
        CpuDevice device = CpuDevice.FromEnvironment();
        var report = new Report(options, "kernels", device.Threads);
        OneDnn? peer = null;
        if (options.OneDnn && !OneDnn.TryLoad(device.Threads, out peer, out string? missing))
            Console.Error.WriteLine($"{missing} The peer columns stay empty.");
        if (!options.Json)
            Console.WriteLine($"{device}{(peer is null ? "" : $"; peer {peer.Name}")}");
        using var limits = new Limits(device);
        foreach (Action<KernelRun> family in Families)
            family(new KernelRun(options, report, device, limits, peer));
        return 0;
    }
}
