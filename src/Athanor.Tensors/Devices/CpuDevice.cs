using System.Globalization;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors;

/// <summary>
/// The processor as a device. <see cref="Path"/>, <see cref="Lanes"/> and <see cref="Threads"/> choose the kernels; results of one
/// (path, lanes) pair do not depend on the number of threads.
/// </summary>
public sealed partial class CpuDevice : Device
{
    /// <summary>A device with the given kernels; omitted settings take the best that this machine has.</summary>
    /// <param name="path">Kernel path; AMX falls back to SIMD nowhere: asking for it without AMX is an error.</param>
    /// <param name="lanes">fp32 lanes of the vector code: 16, 8, 4 or 1, at most what the machine accelerates.</param>
    /// <param name="threads">Members of the kernel team.</param>
    public CpuDevice(KernelPath? path = null, int? lanes = null, int? threads = null)
    {
        Path = path ?? (CpuFeatures.Amx ? KernelPath.Amx : KernelPath.Simd);
        if (Path == KernelPath.Amx && !CpuFeatures.Amx)
            throw new NotSupportedException($"AMX kernels were asked for, but {CpuFeatures.AmxUnavailableBecause}. Use ATHANOR_CPU=simd or auto.");
        Lanes = lanes ?? CpuFeatures.Lanes;
        if (Lanes is not (16 or 8 or 4 or 1) || Lanes > CpuFeatures.Lanes)
            throw new NotSupportedException($"{Lanes} vector lanes were asked for; this machine has {CpuFeatures.Lanes}, and the choices are 16, 8, 4 and 1.");
        Team = Team.Shared(threads ?? DefaultThreads);
    }

    /// <summary>Which implementation of the kernels runs.</summary>
    public KernelPath Path { get; }

    /// <summary>fp32 lanes of the vector code: 16 (AVX-512), 8 (AVX2), 4 (SSE, NEON) or 1.</summary>
    public int Lanes { get; }

    /// <summary>Members of the kernel team.</summary>
    public int Threads => Team.Size;

    /// <summary>The threads that run this device's kernels.</summary>
    public Team Team { get; }

    /// <summary>Threads used when nothing is said: ATHANOR_THREADS, else the processors this process may use.</summary>
    public static int DefaultThreads =>
        int.TryParse(Environment.GetEnvironmentVariable("ATHANOR_THREADS"), CultureInfo.InvariantCulture, out int threads) && threads > 0
            ? threads
            : Environment.ProcessorCount;

    /// <summary>
    /// The device that the environment describes: ATHANOR_CPU = auto (default), amx, simd, simd512, simd256, simd128, scalar or
    /// reference; ATHANOR_THREADS = a number.
    /// </summary>
    public static CpuDevice FromEnvironment()
    {
        string dial = Environment.GetEnvironmentVariable("ATHANOR_CPU") ?? "auto";
        return dial.ToUpperInvariant() switch
        {
            "" or "AUTO" => new CpuDevice(),
            "AMX" => new CpuDevice(KernelPath.Amx),
            "SIMD" => new CpuDevice(KernelPath.Simd),
            "SIMD512" => new CpuDevice(KernelPath.Simd, 16),
            "SIMD256" => new CpuDevice(KernelPath.Simd, 8),
            "SIMD128" => new CpuDevice(KernelPath.Simd, 4),
            "SCALAR" => new CpuDevice(KernelPath.Simd, 1),
            "REFERENCE" => new CpuDevice(KernelPath.Reference),
            _ => throw new ArgumentException($"ATHANOR_CPU is '{dial}'; it can be auto, amx, simd, simd512, simd256, simd128, scalar or reference."),
        };
    }

    internal override IKernels Kernels => this;

    public override string Name => Path switch
    {
        KernelPath.Reference => "cpu (reference)",
        KernelPath.Simd => $"cpu (simd, {Lanes} lanes, {Threads} threads)",
        _ => $"cpu (amx, {Lanes} lanes, {Threads} threads)",
    };
}
