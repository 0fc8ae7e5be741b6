using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Athanor.Training.Planning;
using Athanor.Training.Pretraining;
using Spectre.Console;

namespace Athanor.Cli.Plan;

/// <summary>The verb <c>athanor plan coordinates</c>.</summary>
internal static class CoordinatesCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static Command Create(TextWriter output)
    {
        var widths = new Option<int[]>("--width") { Description = "A width; several times. 64, 128, 256 and 512 when left out.", DefaultValueFactory = _ => [64, 128, 256, 512] };
        var depth = new Option<int>("--depth") { Description = "Layers.", DefaultValueFactory = _ => 2 };
        var steps = new Option<int>("--steps") { Description = "Optimizer steps.", DefaultValueFactory = _ => 4 };
        var rate = new Option<double>("--learning-rate") { Description = "Learning rate at the base width.", DefaultValueFactory = _ => 4e-3 };
        var based = new Option<int>("--base-width") { Description = "muP's base width; the smallest width when left out.", DefaultValueFactory = _ => 0 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("coordinates", """
            The coordinate check: trains small models of several widths for a few steps, with muP and without, and tells whether activations trend with the width.

            Example: athanor plan coordinates --width 64 --width 128 --width 256

            Exit code 1 when muP does not pass.
            """) { widths, depth, steps, rate, based, json };
        command.SetAction((parsed, cancel) =>
        {
            var settings = new CoordinateSettings { Widths = [.. parsed.GetRequiredValue(widths).Order()], Depth = parsed.GetValue(depth), Steps = parsed.GetValue(steps), LearningRate = parsed.GetValue(rate) };
            int baseWidth = parsed.GetValue(based) > 0 ? parsed.GetValue(based) : settings.Widths[0];
            IReadOnlyList<Coordinate> maximal = CoordinateCheck.Measure(settings, new MaximalUpdate { BaseWidth = baseWidth }, cancel), standard = CoordinateCheck.Measure(settings, null, cancel);
            bool passes = CoordinateCheck.Passes(maximal);
            if (parsed.GetValue(json))
                output.WriteLine(JsonSerializer.Serialize(new { settings.Widths, base_width = baseWidth, CoordinateCheck.Bound, passes, maximal_update = maximal, standard }, Json));
            else
                Write(settings, maximal, standard, passes, output);
            return Task.FromResult(passes ? Tool.Success : Tool.Failure);
        });
        return command;
    }

    private static void Write(CoordinateSettings settings, IReadOnlyList<Coordinate> maximal, IReadOnlyList<Coordinate> standard, bool passes, TextWriter output)
    {
        foreach ((string name, IReadOnlyList<Coordinate> coordinates) in ((string, IReadOnlyList<Coordinate>)[])[("muP", maximal), ("standard", standard)])
        {
            Table table = Terminal.Table([$"{name}: mean |x|", .. settings.Widths.Select(width => $"width {width}"), "~ width^"]);
            foreach (Coordinate place in coordinates)
                table.AddRow([Markup.Escape(place.Name), .. place.Magnitudes.Select(mean => mean.ToString("G3", CultureInfo.InvariantCulture)), place.Exponent.ToString("0.00", CultureInfo.InvariantCulture)]);
            Terminal.Create(output).Write(table);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"After {settings.Steps} steps muP {(passes ? "passes" : "does not pass")}: no exponent may exceed {CoordinateCheck.Bound}. Without muP it {(CoordinateCheck.Passes(standard) ? "passes too; take more widths or steps" : "fails")}."));
    }
}
