using System.Diagnostics;
using System.Runtime.InteropServices;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Cpu;

/// <summary>A limit of the machine that <see cref="PeakMeter"/> measures.</summary>
public enum Peak
{
    /// <summary>bf16 tile products on registers alone, FLOP/s.</summary>
    AmxBf16,

    /// <summary>int8 tile products on registers alone, operations/s.</summary>
    AmxInt8,

    /// <summary>The 2 × 2 tile loop of the bf16 GEMM with operands in the first-level cache, FLOP/s.</summary>
    AmxBf16FromL1,

    /// <summary>fp32 multiply-adds on registers alone at the device's vector width, FLOP/s.</summary>
    FmaF32,

    /// <summary>Reading memory, bytes/s.</summary>
    MemoryRead,

    /// <summary>Copying with stores past the caches, bytes read plus bytes written per second.</summary>
    MemoryCopy,

    /// <summary>d = x + 3·y with stores past the caches, bytes read plus bytes written per second.</summary>
    MemoryTriad,
}

/// <summary>
/// Measures what the machine can do at most, with all threads of a device: the yardstick of the benchmarks and of
/// <c>athanor doctor</c>. One <see cref="Run"/> is a slice of a few milliseconds, so that callers can time it in turns with
/// what they judge: on shared machines the limit itself wanders by the second.
/// </summary>
public sealed unsafe partial class PeakMeter : IDisposable
{
    private readonly CpuDevice _device;
    private readonly long _floats;
    private readonly byte* _tiles;
    private float* _x;
    private float* _y;
    private float* _target;

    /// <summary>A meter for the device's threads and vector width.</summary>
    /// <param name="device">Whose team and width are measured.</param>
    /// <param name="bytesPerArray">Size of each of the three arrays of the memory limits; they should exceed the last-level cache.</param>
    public PeakMeter(CpuDevice device, long bytesPerArray = 256L << 20)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerArray, 1 << 20);
        _device = device;
        _floats = bytesPerArray / sizeof(float) / BlockFloats * BlockFloats;
        _tiles = (byte*)NativeMemory.AlignedAlloc(TileBytes, 64);
        for (int i = 0; i < TileBytes / 2; i++)
            ((ushort*)_tiles)[i] = BFloat16.FromSingle(i % 251 / 251f - 0.5f);
    }

    /// <summary>Whether this machine has the unit in question.</summary>
    public static bool Has(Peak peak) => peak switch
    {
        Peak.AmxBf16 or Peak.AmxBf16FromL1 => CpuFeatures.Amx,
        Peak.AmxInt8 => CpuFeatures.AmxInt8,
        _ => true,
    };

    /// <summary>Does one slice of work and returns how much it was: floating-point operations, or bytes.</summary>
    public double Run(Peak peak)
    {
        if (!Has(peak))
            throw new NotSupportedException($"{peak} cannot be measured here: {CpuFeatures.AmxUnavailableBecause ?? "the processor has no such unit"}.");
        switch (peak)
        {
            case Peak.AmxBf16: return RunTiles(RegistersBf16.Value, 16, TileFlops);
            case Peak.AmxInt8: return RunTiles(RegistersInt8.Value, 16, 2 * TileFlops);
            case Peak.AmxBf16FromL1: return RunTiles(SquareLoop.Value, 4, TileFlops);
            case Peak.FmaF32: return RunFma();
            default: return RunMemory(peak);
        }
    }

    /// <summary>The best rate over slices of work during <paramref name="seconds"/> (at least three slices).</summary>
    public double Measure(Peak peak, double seconds)
    {
        Run(peak);
        double best = 0;
        long start = Stopwatch.GetTimestamp();
        for (int slice = 0; slice < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; slice++)
        {
            long from = Stopwatch.GetTimestamp();
            double work = Run(peak);
            best = Math.Max(best, work / Stopwatch.GetElapsedTime(from).TotalSeconds);
        }
        return best;
    }

    /// <summary>Seconds that starting and ending an empty job of a team takes: the median of many.</summary>
    public static double ForkJoinSeconds(Team team, int jobs = 5000)
    {
        ArgumentNullException.ThrowIfNull(team);
        var seconds = new double[jobs];
        for (int job = -jobs; job < jobs; job++)
        {
            long from = Stopwatch.GetTimestamp();
            team.Run(&DoNothing, null);
            if (job >= 0)
                seconds[job] = Stopwatch.GetElapsedTime(from).TotalSeconds;
        }
        Array.Sort(seconds);
        return seconds[jobs / 2];
    }

    public void Dispose()
    {
        nuint bytes = (nuint)_floats * sizeof(float);
        foreach (nint array in new[] { (nint)_x, (nint)_y, (nint)_target })
        {
            if (array != 0)
                Os.FreePages((void*)array, bytes);
        }
        NativeMemory.AlignedFree(_tiles);
        _x = _y = _target = null;
    }

    private static void DoNothing(void* state, int member)
    {
    }
}
