namespace Athanor.Training.Planning;

/// <summary>A kind of device: its limits from the vendor's data sheet, and what an hour of it takes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PeakFlops">Dense bfloat16 operations a second.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="Watts">Under load, the device alone.</param>
/// <param name="DollarsAnHour">A usual price; set your own.</param>
public sealed record MachineSpec(string Name, double PeakFlops, double Memory, double Watts, double DollarsAnHour)
{
    /// <summary>Kinds that are known by name.</summary>
    public static IReadOnlyList<MachineSpec> All { get; } =
    [
        new("h100", 989.4e12, 80e9, 700, 3.0),
        new("h200", 989.4e12, 141e9, 700, 3.5),
        new("b200", 2250e12, 180e9, 1000, 5.0),
        new("a100", 312e12, 80e9, 400, 1.8),
        new("mi300x", 1307e12, 192e9, 750, 3.0),
        // Two cores of a Sapphire Rapids server: the peak that was measured in registers.
        new("amx2", 6.0e12, 16e9, 30, 0.1),
    ];

    /// <summary>The kind of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static MachineSpec ByName(string name) => All.FirstOrDefault(machine => machine.Name == name)
        ?? throw new ArgumentException($"There is no machine '{name}'. Choose {string.Join(", ", All.Select(machine => machine.Name))}.", nameof(name));

    /// <summary>The operations that a training on several of them makes in a time.</summary>
    /// <param name="devices">How many.</param>
    /// <param name="utilization">The share of the peak that is reached.</param>
    /// <param name="days">The time.</param>
    public double OperationsIn(double days, int devices, double utilization)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(days);
        ArgumentOutOfRangeException.ThrowIfLessThan(devices, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(utilization);
        return days * 86_400 * PeakFlops * devices * utilization;
    }
}
