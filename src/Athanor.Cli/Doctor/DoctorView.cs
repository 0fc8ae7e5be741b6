using System.Globalization;
using Athanor.Tensors;
using Spectre.Console;

namespace Athanor.Cli.Doctor;

/// <summary>The doctor's report for people.</summary>
internal static class DoctorView
{
    public static void Write(DoctorReport report, IAnsiConsole console)
    {
        Section(console, "Machine");
        Table machine = Terminal.Table("", "");
        Row(machine, "processor", $"{report.Processor}, {report.Processors} processors for this process");
        Row(machine, "caches", report.Caches.Count == 0 ? "unknown" : string.Join(", ", report.Caches.Select(c => $"L{c.Level} {Size(c.Bytes)}")));
        Row(machine, "memory", Size(report.MemoryBytes));
        Row(machine, "system", report.Software);
        Row(machine, "instructions", string.Join(", ", report.InstructionSets.Where(set => set.Available).Select(set => set.Name)));
        string[] missing = [.. report.InstructionSets.Where(set => !set.Available).Select(set => set.Name)];
        if (missing.Length > 0)
            Row(machine, "not available", string.Join(", ", missing));
        Row(machine, "AMX", report.Amx ? "permission granted, self-test passed" : "not used: " + report.AmxUnavailableBecause);
        Row(machine, "accelerator", report.Cuda.Details);
        Row(machine, "MPI", report.Mpi.Details);
        console.Write(machine);

        Section(console, "Device");
        Table device = Terminal.Table("", "");
        Row(device, "active", report.Device);
        foreach (var (name, value) in report.Environment)
            Row(device, name, value ?? "not set");
        console.Write(device);

        Section(console, "Kernels");
        Table kernels = Terminal.Table("family", "type", "path", "because", "ops");
        // Types that take the same path for the same reason share a line.
        foreach (var same in report.Kernels.GroupBy(choice => choice with { Type = default }))
            kernels.AddRow(Cells(same.Key.Family, string.Join(", ", same.Select(choice => choice.Type)), PathName(same.Key), same.Key.Reason, same.Key.Ops));
        console.Write(kernels);

        if (report.Peaks.Count == 0)
            return;
        Section(console, "Measured peaks, " + (report.Threads == 1 ? "1 thread" : $"{report.Threads} threads"));
        Table peaks = Terminal.Table("", "", "");
        peaks.Columns[1].RightAligned();
        foreach (MeasuredPeak peak in report.Peaks)
            peaks.AddRow(Cells(peak.Name, peak.Value.ToString(peak.Value >= 100 ? "N0" : "N1", CultureInfo.InvariantCulture), peak.Unit));
        console.Write(peaks);
    }

    private static void Section(IAnsiConsole console, string title)
    {
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(title)}[/]");
    }

    private static void Row(Table table, string name, string value) => table.AddRow(Cells(name, value));

    private static Text[] Cells(params string[] values) => [.. values.Select(value => new Text(value))];

    private static string PathName(KernelChoice choice) => choice.Path switch
    {
        Tensors.Cpu.KernelPath.Reference => "reference",
        Tensors.Cpu.KernelPath.Amx => "AMX",
        _ => $"SIMD {choice.Lanes}",
    };

    private static string Size(long bytes) => bytes >= 1L << 30
        ? (bytes / (double)(1L << 30)).ToString("F1", CultureInfo.InvariantCulture) + " GiB"
        : bytes >= 1 << 20 ? $"{bytes >> 20} MiB" : $"{bytes >> 10} KiB";
}
