using System.Globalization;
using Athanor.Models.Accounting;
using Athanor.Runs.Progress;
using Athanor.Training.Planning;
using Spectre.Console;

namespace Athanor.Cli.Plan;

/// <summary>A plan for people.</summary>
internal static class PlanView
{
    public static void Write(ModelSize size, PlanAssumptions assumptions, MachineSpec machine, TrainingPlan plan, IReadOnlyList<(string Name, MemoryPlan Memory)> memory, TextWriter output)
    {
        IAnsiConsole console = Terminal.Create(output);
        Table facts = Terminal.Table("", "");
        Row(facts, "parameters", $"{size.Parameters:N0} ({string.Join(", ", size.Parts.Where(part => part.Parameters > 0).Select(part => $"{part.Part} {ProgressText.Amount(part.Parameters)}"))})");
        Row(facts, "tokens", $"{ProgressText.Amount(assumptions.Tokens)} in rows of {assumptions.Sequence:N0}, {assumptions.Tokens / size.Parameters:N1} a parameter");
        Row(facts, "operations", $"{plan.Flops:0.00e0} as 6ND, {plan.ExactFlops:0.00e0} with attention and without the embedding's look-up");
        Row(facts, "machine", $"{assumptions.Devices:N0} x {machine.Name}, {machine.PeakFlops / 1e12:N0} TFLOP/s each, {assumptions.Utilization:P0} of it reached, {ProgressText.Amount(plan.TokensASecond)} tokens/s");
        Row(facts, "time", $"{ProgressText.Time(TimeSpan.FromHours(Math.Min(plan.Hours, 1e8)))}, {ProgressText.Amount(plan.DeviceHours)} device hours");
        Row(facts, "cost", $"{Money(plan.Dollars)} at ${assumptions.DollarsAnHour ?? machine.DollarsAnHour:N2} an hour");
        Row(facts, "energy", $"{(plan.KilowattHours < 100 ? plan.KilowattHours.ToString("0.###", CultureInfo.InvariantCulture) : plan.KilowattHours.ToString("N0", CultureInfo.InvariantCulture))} kWh, {Weight(plan.CarbonKilograms)} CO2 at {assumptions.GramsAKilowattHour:N0} g/kWh");
        console.Write(facts);
        console.WriteLine();
        Table table = Terminal.Table("memory a device", "weights", "gradients", "optimizer", "activations", "gathered", "total", "");
        foreach ((string name, MemoryPlan plan1) in memory)
        {
            table.AddRow(Markup.Escape(name), Bytes(plan1.Weights), Bytes(plan1.Gradients), Bytes(plan1.Optimizer), Bytes(plan1.Activations), Bytes(plan1.Gathered), Bytes(plan1.Total),
                plan1.Total <= machine.Memory ? "fits" : $"more than {Bytes(machine.Memory)}");
        }
        console.Write(table);
    }

    public static void Budget(double flops, ScalingLaw law, BudgetPlan best, PlanAssumptions assumptions, MachineSpec machine, TextWriter output)
    {
        Table facts = Terminal.Table("", "");
        Row(facts, "budget", $"{flops:0.00e0} operations, scaling law {law.Name}");
        Row(facts, "best size", $"{Size(best.Optimum)}, expected loss {best.Optimum.Loss:N3}");
        Row(facts, "", $"{Spent(best.OptimumPlan, assumptions, machine)}");
        if (best is { WithInference: { } longer, WithInferencePlan: { } plan })
        {
            Row(facts, "with serving", $"{Size(longer)}, the same loss, {longer.Flops:0.00e0} operations of training");
            Row(facts, "", $"{Spent(plan, assumptions, machine)}");
        }
        Terminal.Create(output).Write(facts);
    }

    private static string Spent(TrainingPlan plan, PlanAssumptions assumptions, MachineSpec machine) => FormattableString.Invariant(
        $"{ProgressText.Time(TimeSpan.FromHours(Math.Min(plan.Hours, 1e8)))} on {assumptions.Devices:N0} x {machine.Name} at {assumptions.Utilization:P0}, {ProgressText.Amount(plan.DeviceHours)} device hours, {Money(plan.Dollars)}, {Weight(plan.CarbonKilograms)} CO2");

    private static string Money(double dollars) => FormattableString.Invariant($"${(dollars < 100 ? dollars.ToString("0.00", CultureInfo.InvariantCulture) : dollars.ToString("N0", CultureInfo.InvariantCulture))}");

    private static string Weight(double kilograms) => kilograms < 10 ? FormattableString.Invariant($"{kilograms:0.###} kg") : kilograms < 1000 ? FormattableString.Invariant($"{kilograms:N0} kg") : FormattableString.Invariant($"{kilograms / 1000:N1} t");

    private static string Size(TrainingSize size) => string.Create(CultureInfo.InvariantCulture, $"{ProgressText.Amount(size.Parameters)} parameters on {ProgressText.Amount(size.Tokens)} tokens ({size.Tokens / size.Parameters:N1} a parameter)");

    private static string Bytes(double bytes) => bytes == 0 ? "0" : $"{ProgressText.Amount(bytes)}B";

    private static void Row(Table table, string name, FormattableString text) => table.AddRow(name, Markup.Escape(FormattableString.Invariant(text)));
}
