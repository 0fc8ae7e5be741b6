using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks;

/// <summary>
/// The machine's limits in this run. What bounds a case is timed in turns with it (<see cref="Join"/>): a limit from another
/// minute says little on a shared machine.
/// </summary>
internal sealed class Limits(CpuDevice device) : IDisposable
{
    private readonly PeakMeter _meter = new(device);

    public CpuDevice Device { get; } = device;

    /// <summary>Adds the limit as a contestant, where the machine has the unit; its name is returned.</summary>
    public string? Join(Measure measure, Peak peak)
    {
        if (!PeakMeter.Has(peak))
            return null;
        string name = "limit:" + peak;
        measure.Add(name, _ => _meter.Run(peak));
        return name;
    }

    public void Dispose() => _meter.Dispose();
}
