using System.CommandLine;
using System.Globalization;
using Athanor.Data.Inspection;
using Athanor.Data.Quality;
using Spectre.Console;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data whatif</c>.</summary>
internal static class WhatIfCommand
{
    public static Command Create(TextWriter output)
    {
        var options = new OutputOptions();
        var keep = new Option<string[]>("--keep") { Description = "What kept documents must meet: \"length.characters >= 80\". Given more than once, all of them.", DefaultValueFactory = _ => [] };
        var profile = new Option<string?>("--profile") { Description = "Also the rules of this profile of filter_quality, such as fineweb; --keep replaces those of the same signal." };
        var count = new Option<int>("--count") { Description = "Changes that are shown, nearest to the threshold first.", DefaultValueFactory = _ => 10 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("whatif", """
            Replays thresholds on the signals that a stage stored: what would go, what would stay, and which documents. Nothing is computed anew. Conditions on a
            step's signals stand for all that the step decided; of a quality filter, the rules on other signals stay as they were.

            Examples:
              athanor data whatif quickstart/filter --keep "length.characters >= 200"
              athanor data whatif web/quality --keep "datatrove.words >= 30"
            Example: athanor data whatif web/filter_quality --profile fineweb --keep "fineweb.repeated_characters <= 0.1"
            """) { keep, profile, count, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<ThresholdCondition> conditions = [.. parsed.GetValue(keep)!.Select(ThresholdCondition.Parse)];
            if (parsed.GetValue(profile) is { } name)
                conditions = QualityReplay.Conditions((QualityProfile.Find(name) ?? throw new ArgumentException($"There is no profile '{name}'. Profiles: {string.Join(", ", QualityProfile.All.Select(known => known.Name))}.")).Rules, conditions);
            if (conditions.Count == 0)
                throw new ArgumentException("Say what kept documents must meet, with --keep or --profile.");
            ReplayResult result = ThresholdReplay.Run(new StageOutput(options.Folder(parsed)), parsed.GetValue(options.Set), conditions, Math.Max(0, parsed.GetValue(count)));
            if (parsed.GetValue(json))
                output.WriteLine(JsonText.Of(result));
            else
                Write(result, Terminal.Create(output));
            return Tool.Success;
        });
        return command;
    }

    private static void Write(ReplayResult result, IAnsiConsole console)
    {
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"of {result.Documents:N0} documents {result.KeptBefore:N0} were kept; {result.KeptAfter:N0} would be");
        foreach ((string condition, long count) in result.NewlyRemoved)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  {count:N0} more would go: not {condition}");
        foreach ((string step, long count) in result.NewlyKept)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  {count:N0} would stay that '{step}' removed");
        if (result.Unseen > 0)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  of these {result.Unseen:N0} were not seen by the steps behind it, which may remove them");
        foreach (ReplayedDocument change in result.Examples)
        {
            console.WriteLine();
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"would {(change.Kept ? "stay" : "go")}: {change.Signal} is {change.Value:G5}");
            DataInspectCommand.Write(change.Document, console);
        }
    }
}
