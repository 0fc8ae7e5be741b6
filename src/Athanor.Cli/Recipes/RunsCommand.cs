using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Spectre.Console;

namespace Athanor.Cli.Recipes;

/// <summary>The verb <c>athanor runs</c>.</summary>
internal static class RunsCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("runs", """
            Lists runs and compares them.

            Examples:
              athanor runs
              athanor runs compare quickstart quickstart-2
            """);
        Option<string> root = RecipeOptions.Runs();
        Option<bool> json = RecipeOptions.Json("Print one JSON object a run.");
        command.Options.Add(root);
        command.Options.Add(json);
        command.SetAction(parsed => List(parsed.GetRequiredValue(root), parsed.GetValue(json), output));
        command.Subcommands.Add(ListVerb(output));
        command.Subcommands.Add(CompareVerb(output));
        return command;
    }

    private static Command ListVerb(TextWriter output)
    {
        Option<string> root = RecipeOptions.Runs();
        Option<bool> json = RecipeOptions.Json("Print one JSON object a run.");
        var command = new Command("list", "Lists all runs, oldest first.") { root, json };
        command.SetAction(parsed => List(parsed.GetRequiredValue(root), parsed.GetValue(json), output));
        return command;
    }

    private static Command CompareVerb(TextWriter output)
    {
        var names = new Argument<string[]>("run") { Description = "Names or folders of runs.", Arity = new ArgumentArity(2, 16) };
        var step = new Option<long?>("--step") { Description = "The step at which metrics are compared; by default the last one that all reached." };
        Option<string> root = RecipeOptions.Runs();
        Option<bool> json = RecipeOptions.Json("Print one JSON object.");
        var command = new Command("compare", """
            Puts runs side by side: the settings in which they differ, and their metrics.

            Example: athanor runs compare quickstart quickstart-2 --step 500
            """) { names, step, root, json };
        command.SetAction(parsed =>
        {
            string[] folders = [.. parsed.GetRequiredValue(names).Select(name => RecipeOptions.RunFolder(parsed.GetRequiredValue(root), name))];
            RunComparison comparison = RunComparison.Of(folders, parsed.GetValue(step));
            if (parsed.GetValue(json))
                output.WriteLine(JsonSerializer.Serialize(comparison, Json));
            else
                Show(comparison, Terminal.Create(output));
            return Tool.Success;
        });
        return command;
    }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static int List(string root, bool json, TextWriter output)
    {
        IReadOnlyList<RunSummary> runs = RunCatalog.List(root);
        if (json)
        {
            foreach (RunSummary run in runs)
                output.WriteLine(JsonSerializer.Serialize(run, Json));
            return Tool.Success;
        }
        if (runs.Count == 0)
        {
            output.WriteLine($"There are no runs in '{root}'. Begin one: athanor run recipes/quickstart.yaml");
            return Tool.Success;
        }
        Table table = Terminal.Table("run", "recipe", "state", "started", "took", "");
        foreach (RunSummary run in runs)
        {
            table.AddRow(Markup.Escape(run.Name), Markup.Escape(run.Recipe), run.State.ToString().ToLowerInvariant(), run.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                run.Ended is { } ended ? ProgressText.Time(ended - run.Started) : "", Markup.Escape(run.Detail ?? ""));
        }
        Terminal.Create(output).Write(table);
        return Tool.Success;
    }

    private static void Show(RunComparison comparison, IAnsiConsole console)
    {
        string[] names = [.. comparison.Runs.Select(run => run.Name)];
        if (comparison.Settings.Count == 0)
            console.WriteLine("Their settings are the same.");
        else
        {
            Table settings = Terminal.Table(["setting", .. names]);
            foreach (SettingDifference difference in comparison.Settings)
                settings.AddRow([Markup.Escape(difference.Path), .. difference.Values.Select(value => Markup.Escape(value ?? "-"))]);
            console.Write(settings);
        }
        if (comparison.Metrics.Count == 0)
            return;
        console.WriteLine();
        Table metrics = Terminal.Table(["metric", .. names.SelectMany(name => new[] { name, "lowest" })]);
        foreach (MetricComparison metric in comparison.Metrics)
            metrics.AddRow([Markup.Escape(metric.Name), .. metric.AtStep.Zip(metric.Lowest, (at, low) => new[] { Point(at), Point(low) }).SelectMany(cells => cells)]);
        console.Write(metrics);
    }

    private static string Point(MetricPoint? point) =>
        point is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value.Value:G6} @ {value.Step}") : "-";
}
