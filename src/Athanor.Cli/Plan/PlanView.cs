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
        Row(facts, "cost", $"${plan.Dollars:N0} at ${assumptions.DollarsAnHour ?? machine.DollarsAnHour:N2} an hour");
        Row(facts, "energy", $"{plan.KilowattHours:N0} kWh, {plan.CarbonKilograms / 1000:N2} t CO2 at {assumptions.GramsAKilowattHour:N0} g/kWh");
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

    public static void Budget(double flops, ScalingLaw law, TrainingSize best, TrainingSize? life, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"budget         {flops:0.00e0} operations, scaling law {law.Name}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"best size      {Size(best)}, expected loss {best.Loss:N3}"));
        if (life is { } longer)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"with serving   {Size(longer)}, the same loss, {longer.Flops:0.00e0} operations of training"));
    }

    private static string Size(TrainingSize size) => string.Create(CultureInfo.InvariantCulture, $"{ProgressText.Amount(size.Parameters)} parameters on {ProgressText.Amount(size.Tokens)} tokens ({size.Tokens / size.Parameters:N1} a parameter)");

    private static string Bytes(double bytes) => bytes == 0 ? "0" : $"{ProgressText.Amount(bytes)}B";

    private static void Row(Table table, string name, FormattableString text) => table.AddRow(name, Markup.Escape(FormattableString.Invariant(text)));
}
