using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Cli.Doctor;

/// <summary>A measured limit of the machine.</summary>
internal sealed record MeasuredPeak(string Name, double Value, string Unit);

/// <summary>Everything that the doctor found out.</summary>
internal sealed record DoctorReport
{
    private static readonly string[] Dials = ["ATHANOR_CPU", "ATHANOR_THREADS", "ATHANOR_MEMORY"];

    public required string Processor { get; init; }
    public required int Processors { get; init; }
    public required IReadOnlyList<CacheInfo> Caches { get; init; }
    public required long MemoryBytes { get; init; }
    public required string Software { get; init; }
    public required IReadOnlyList<InstructionSet> InstructionSets { get; init; }
    public required bool Amx { get; init; }
    public required string? AmxUnavailableBecause { get; init; }
    public required string Device { get; init; }
    public required string Path { get; init; }
    public required int Lanes { get; init; }
    public required int Threads { get; init; }
    public required IReadOnlyDictionary<string, string?> Environment { get; init; }
    public required IReadOnlyList<KernelChoice> Kernels { get; init; }
    public required IReadOnlyList<MeasuredPeak> Peaks { get; init; }
    public required Finding Cuda { get; init; }
    public required Finding Mpi { get; init; }

    /// <summary>Examines the machine; measuring takes about three seconds and 0.8 GB of memory.</summary>
    public static DoctorReport Examine(bool measure)
    {
        CpuDevice device = CpuDevice.FromEnvironment();
        return new DoctorReport
        {
            Processor = MachineInfo.Processor,
            Processors = MachineInfo.Processors,
            Caches = MachineInfo.Caches,
            MemoryBytes = MachineInfo.MemoryBytes,
            Software = MachineInfo.Software,
            InstructionSets = Tensors.Cpu.InstructionSets.All,
            Amx = CpuFeatures.Amx,
            AmxUnavailableBecause = CpuFeatures.AmxUnavailableBecause,
            Device = device.ToString(),
            Path = device.Path.ToString(),
            Lanes = device.Lanes,
            Threads = device.Threads,
            Environment = Dials.ToDictionary(name => name, System.Environment.GetEnvironmentVariable),
            Kernels = KernelCatalog.For(device),
            Peaks = measure ? MeasurePeaks(device) : [],
            Cuda = Surroundings.Cuda(),
            Mpi = Surroundings.Mpi(),
        };
    }

    private static List<MeasuredPeak> MeasurePeaks(CpuDevice device)
    {
        // Larger than any cache, but a sixteenth of a small machine's memory at most.
        long bytes = Math.Clamp(MachineInfo.MemoryBytes / 16, 16L << 20, 256L << 20);
        using var meter = new PeakMeter(device, bytes);
        var peaks = new List<MeasuredPeak>();
        foreach (var (peak, name, unit) in ((Peak, string, string)[])
        [
            (Peak.AmxBf16, "AMX bf16, registers only", "GFLOP/s"),
            (Peak.AmxBf16FromL1, "AMX bf16, 2x2 loop from L1", "GFLOP/s"),
            (Peak.AmxInt8, "AMX int8, registers only", "GOP/s"),
            (Peak.FmaF32, $"fp32 multiply-add, {device.Lanes} lanes", "GFLOP/s"),
            (Peak.MemoryRead, "memory read", "GB/s"),
            (Peak.MemoryCopy, "memory copy", "GB/s"),
            (Peak.MemoryTriad, "memory triad", "GB/s"),
        ])
        {
            if (PeakMeter.Has(peak))
                peaks.Add(new MeasuredPeak(name, meter.Measure(peak, 0.25) / 1e9, unit));
        }
        peaks.Add(new MeasuredPeak("fork and join of the team", PeakMeter.ForkJoinSeconds(device.Team) * 1e6, "µs"));
        return peaks;
    }
}
