using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Ledger;

/// <summary>How a run stands.</summary>
public enum RunState
{
    /// <summary>A process is writing it.</summary>
    Running,

    /// <summary>All stages are done.</summary>
    Finished,

    /// <summary>It was asked to end behind a stage, did so, and can go on.</summary>
    Stopped,

    /// <summary>A stage failed.</summary>
    Failed,

    /// <summary>It was stopped and can go on.</summary>
    Interrupted,

    /// <summary>Its process ended without a word.</summary>
    Crashed,
}

/// <summary>A run at a glance.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Recipe">The recipe's name.</param>
/// <param name="State">How it stands.</param>
/// <param name="Started">When it was begun.</param>
/// <param name="Ended">When it last ended, if it did.</param>
/// <param name="Detail">The error or the command that goes on with it.</param>
public sealed record RunSummary(string Name, string Folder, string Recipe, RunState State, DateTimeOffset Started, DateTimeOffset? Ended, string? Detail);

/// <summary>Finds and reads runs.</summary>
public static class RunCatalog
{
    /// <summary>All runs below a folder, oldest first.</summary>
    public static IReadOnlyList<RunSummary> List(string root) =>
        !Directory.Exists(root) ? [] : [.. Directory.EnumerateDirectories(root).Select(Read).OfType<RunSummary>().OrderBy(run => run.Started).ThenBy(run => run.Name, StringComparer.Ordinal)];

    /// <summary>One run, or null where the folder holds none.</summary>
    public static RunSummary? Read(string folder)
    {
        folder = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        string name = Path.GetFileName(folder), recipe = name;
        DateTimeOffset? started = null, ended = null;
        RunState state = RunState.Crashed;
        string? detail = null;
        foreach (JsonElement line in Events(folder))
        {
            DateTimeOffset time = line.TryGetProperty("time", out JsonElement t) && t.TryGetDateTimeOffset(out DateTimeOffset at) ? at : default;
            switch (Text(line, "event"))
            {
                case "run_started":
                    started ??= time;
                    recipe = Text(line, "recipe") ?? name;
                    break;
                case "run_resumed":
                    (state, ended, detail) = (RunState.Crashed, null, null);
                    break;
                case "run_finished":
                    (state, ended, detail) = (RunState.Finished, time, null);
                    break;
                case "run_stopped":
                    (state, ended, detail) = (RunState.Stopped, time, $"stopped at {Text(line, "stage")}; the rest: {Text(line, "resume")}");
                    break;
                case "run_failed":
                    (state, ended, detail) = (RunState.Failed, time, Text(line, "error"));
                    break;
                case "run_interrupted":
                    (state, ended, detail) = (RunState.Interrupted, time, Text(line, "resume"));
                    break;
            }
        }
        if (started is null)
            return null;
        if (RunLock.IsHeld(folder))
            (state, ended, detail) = (RunState.Running, null, ProcessOwner.Read(RunLock.OwnerFile(folder))?.ToString());
        return new RunSummary(name, folder, recipe, state, started.Value, ended, detail);
    }

    /// <summary>The events of a run, in the order of writing.</summary>
    public static IEnumerable<JsonElement> Events(string folder) => JsonLinesReader.Read(Path.Combine(folder, RunLedger.EventsFile));

    /// <summary>The samples of a run, in the order of writing.</summary>
    public static IEnumerable<JsonElement> Samples(string folder) => JsonLinesReader.Read(Path.Combine(folder, RunLedger.SamplesFile));

    /// <summary>Every resolved setting of a run by its dotted path; needs no vocabulary, so that runs of other versions can be read too.</summary>
    public static IReadOnlyDictionary<string, string> Settings(string folder)
    {
        var problems = new ProblemList();
        string path = Path.Combine(folder, RunLedger.RecipeFile);
        RecipeNode? tree = File.Exists(path) ? YamlTree.ReadFile(path, problems) : null;
        if (tree is null || problems.Count > 0)
            return new Dictionary<string, string>();
        return YamlText.Flatten(tree).ToDictionary(leaf => leaf.Path, leaf => leaf.Text, StringComparer.Ordinal);
    }

    /// <summary>The keys of all artifacts that runs below a folder made or used.</summary>
    public static IReadOnlySet<string> ReferencedArtifacts(string root)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (RunSummary run in List(root))
        {
            foreach (JsonElement line in Events(run.Folder))
            {
                if (Text(line, "artifact") is { } key)
                    keys.Add(key);
            }
        }
        return keys;
    }

    private static string? Text(JsonElement line, string property) =>
        line.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
