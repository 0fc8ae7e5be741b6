using Athanor.Models.Accounting;
using Athanor.Models.Configuration;

namespace Athanor.Training.Planning;

/// <summary>What a plan assumes beside model and machine.</summary>
public sealed record PlanAssumptions
{
    /// <summary>Training tokens.</summary>
    public required double Tokens { get; init; }

    /// <summary>Devices.</summary>
    public int Devices { get; init; } = 1;

    /// <summary>The share of the devices' peak that training reaches (model FLOP utilisation).</summary>
    public double Utilization { get; init; } = 0.4;

    /// <summary>Tokens of a row.</summary>
    public int Sequence { get; init; } = 2048;

    /// <summary>Dollars an hour of a device; the machine's where null.</summary>
    public double? DollarsAnHour { get; init; }

    /// <summary>What the building takes for each watt of the devices, other parts of the server among it.</summary>
    public double PowerOverhead { get; init; } = 1.3;

    /// <summary>Grams of CO2 a kilowatt-hour; about 400 is the mean of the world's grids.</summary>
    public double GramsAKilowattHour { get; init; } = 400;
}

/// <summary>What a training takes.</summary>
/// <param name="Flops">6ND, N all parameters.</param>
/// <param name="ExactFlops">6 a matrix parameter and token and 12HKT a layer for attention (PaLM's count, causal half not deducted).</param>
/// <param name="Hours">Wall-clock time, from the exact count.</param>
/// <param name="DeviceHours">Hours times devices.</param>
/// <param name="TokensASecond">All devices together.</param>
/// <param name="Dollars">Cost.</param>
/// <param name="KilowattHours">Energy at the building's meter.</param>
/// <param name="CarbonKilograms">CO2.</param>
public sealed record TrainingPlan(double Flops, double ExactFlops, double Hours, double DeviceHours, double TokensASecond, double Dollars, double KilowattHours, double CarbonKilograms)
{
    /// <summary>Plans the training of a model.</summary>
    public static TrainingPlan Of(ModelConfig config, MachineSpec machine, PlanAssumptions assumptions)
    {
        ArgumentNullException.ThrowIfNull(assumptions);
        return Of(6.0 * ModelSize.Of(config).Parameters * assumptions.Tokens, ModelFlops.TrainingPerToken(config, assumptions.Sequence) * assumptions.Tokens, machine, assumptions);
    }

    /// <summary>Plans a training of known operations.</summary>
    public static TrainingPlan Of(double flops, double exactFlops, MachineSpec machine, PlanAssumptions assumptions)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(assumptions);
        ArgumentOutOfRangeException.ThrowIfLessThan(assumptions.Devices, 1, nameof(assumptions));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(assumptions.Utilization, nameof(assumptions));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(assumptions.Utilization, 1, nameof(assumptions));
        double seconds = exactFlops / (machine.PeakFlops * assumptions.Utilization * assumptions.Devices), deviceHours = seconds / 3600 * assumptions.Devices;
        double energy = deviceHours * machine.Watts / 1000 * assumptions.PowerOverhead;
        return new TrainingPlan(flops, exactFlops, seconds / 3600, deviceHours, assumptions.Tokens / seconds, deviceHours * (assumptions.DollarsAnHour ?? machine.DollarsAnHour),
            energy, energy * assumptions.GramsAKilowattHour / 1000);
    }
}
