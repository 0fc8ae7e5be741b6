using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Spectre.Console;

namespace Athanor.Cli.Recipes;

/// <summary>What <c>athanor run</c> says before and after.</summary>
internal static class RunView
{
    private static readonly JsonSerializerOptions Lines = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Plan(Recipe recipe, IReadOnlyList<PlannedStage> plan, IAnsiConsole console, bool json, TextWriter output)
    {
        if (json)
        {
            foreach (PlannedStage stage in plan)
                output.WriteLine(JsonSerializer.Serialize(new { stage.Stage, Decision = stage.Decision.ToString().ToLowerInvariant(), stage.Reason, stage.Artifact?.Folder }, Lines));
            return;
        }
        Table table = Terminal.Table("stage", "kind", "what happens", "why");
        foreach (PlannedStage stage in plan)
        {
            string happens = stage.Decision switch { StageDecision.Reuse => "is reused", StageDecision.Run => "runs", _ => "runs if its input changes" };
            table.AddRow(Markup.Escape(stage.Stage), Markup.Escape(recipe.Stages.First(one => one.Name == stage.Stage).Kind.Name), happens, Markup.Escape(stage.Reason));
        }
        console.Write(table);
        foreach (DerivedValue value in recipe.Derived)
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{value.ToString()}");
    }

    public static void Begin(Recipe recipe, RunLedger ledger, string folder, TextWriter output)
    {
        output.WriteLine(recipe.Description is null ? recipe.Name : $"{recipe.Name}: {recipe.Description}");
        output.WriteLine($"{(ledger.Resumed ? "going on with" : "run folder")} {folder}");
        foreach (DerivedValue value in recipe.Derived)
            output.WriteLine($"derived {value}");
    }

    public static void End(Recipe recipe, RunLedger ledger, string folder, IReadOnlyDictionary<string, Artifact> made, bool json, TextWriter output)
    {
        if (json)
        {
            foreach ((string stage, Artifact artifact) in made)
                output.WriteLine(JsonSerializer.Serialize(new { Event = "artifact", Stage = stage, artifact.Produces, artifact.Folder, Bytes = artifact.Manifest.Size, artifact.Manifest.Notes }, Lines));
            output.WriteLine(JsonSerializer.Serialize(new { Event = made.Count < recipe.Stages.Count ? "run_stopped" : "run_finished", Run = ledger.Name, ledger.Folder }, Lines));
            return;
        }
        output.WriteLine();
        int widest = made.Keys.Max(name => name.Length);
        foreach (RecipeStage stage in recipe.Stages.Where(stage => made.ContainsKey(stage.Name)))
        {
            ArtifactManifest manifest = made[stage.Name].Manifest;
            IEnumerable<string> notes = manifest.Notes.Where(note => note.Value != "0").Select(note => $"{note.Key.Replace('_', ' ')} {Figure(note.Value)}");
            output.WriteLine($"{stage.Name.PadRight(widest)}  {string.Join(", ", notes)} ({ProgressText.Amount(manifest.Size)}B)");
        }
        output.WriteLine();
        output.WriteLine($"Done. {folder} holds the resolved recipe, metrics, events and, in stages.json, the folder of each stage's output.");
        RecipeStage[] left = [.. recipe.Stages.Where(stage => !made.ContainsKey(stage.Name))];
        if (left.Length > 0)
            output.WriteLine($"Not run yet: {string.Join(", ", left.Select(stage => stage.Name))}. Go on with: {ledger.ResumeCommand}");
    }

    private static string Figure(string value) => long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number.ToString("N0", CultureInfo.InvariantCulture)
        : double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real.ToString("G5", CultureInfo.InvariantCulture) : value;
}
