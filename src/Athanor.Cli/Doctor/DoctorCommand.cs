using System.CommandLine;

namespace Athanor.Cli.Doctor;

/// <summary>The verb <c>athanor doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(TextWriter output)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var noMeasure = new Option<bool>("--no-measure") { Description = "Leave the measured peaks out (they take about three seconds)." };
        var command = new Command("doctor", """
            Shows what this machine has and what Athanor makes of it: processor, instruction sets, the kernels
            that each op takes and why, measured peaks, accelerator and MPI.

            Examples:
              athanor doctor
              ATHANOR_CPU=simd256 ATHANOR_THREADS=1 athanor doctor --json
            """)
        {
            json,
            noMeasure,
        };
        command.SetAction(parsed =>
        {
            DoctorReport report = DoctorReport.Examine(!parsed.GetValue(noMeasure));
            if (parsed.GetValue(json))
                output.WriteLine(JsonText.Of(report));
            else
                DoctorView.Write(report, Terminal.Create(output));
            return Tool.Success;
        });
        return command;
    }
}
