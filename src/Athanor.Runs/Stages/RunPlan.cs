using System.Text.Json;

namespace Athanor.Runs.Stages;

/// <summary>What will happen to a stage.</summary>
public enum StageDecision
{
    /// <summary>Its artifact is there.</summary>
    Reuse,

    /// <summary>It runs.</summary>
    Run,

    /// <summary>An input runs first; if that comes out as before, the artifact may still be reused.</summary>
    Depends,
}

/// <summary>What will happen to a stage, and why.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Decision">What.</param>
/// <param name="Reason">Why.</param>
/// <param name="Artifact">The artifact that is reused.</param>
/// <param name="Work">Where a stage that runs keeps its progress; null where its inputs run first.</param>
public sealed record PlannedStage(string Stage, StageDecision Decision, string Reason, Artifact? Artifact, string? Work = null);

/// <summary>Says why a key was not found: what differs from the newest artifact of the same stage.</summary>
internal static class StageChange
{
    public const string First = "it has not run yet";
    private const int Listed = 4;

    public static string Describe(IEnumerable<Artifact> artifacts, string recipe, string stage, JsonElement basis)
    {
        Artifact? last = artifacts.Where(artifact => artifact.Manifest.Recipe == recipe && artifact.Manifest.Stage == stage).MaxBy(artifact => artifact.Manifest.Published);
        if (last is null)
            return First;
        var changes = new List<string>();
        Compare(changes, "", last.Manifest.Basis, basis);
        if (changes.Count == 0)
            return "its artifact is damaged or was asked for anew";
        string more = changes.Count > Listed ? $" and {changes.Count - Listed} more" : "";
        return $"changed: {string.Join(", ", changes.Take(Listed))}{more}";
    }

    private static void Compare(List<string> changes, string path, JsonElement before, JsonElement now)
    {
        if (before.ValueKind == JsonValueKind.Object && now.ValueKind == JsonValueKind.Object)
        {
            foreach (string name in before.EnumerateObject().Concat(now.EnumerateObject()).Select(property => property.Name).Distinct())
            {
                string child = path is "" or "settings" or "sections" ? name : $"{path}.{name}";
                bool was = before.TryGetProperty(name, out JsonElement a), here = now.TryGetProperty(name, out JsonElement b);
                if (was && here)
                    Compare(changes, child, a, b);
                else
                    changes.Add($"{child} {(here ? "added" : "removed")}");
            }
        }
        else if (!JsonElement.DeepEquals(before, now))
            changes.Add(path == "inputs" ? "inputs" : $"{path} {Short(before)} -> {Short(now)}");
    }

    private static string Short(JsonElement value) => value.GetRawText() is { Length: <= 24 } text ? text : value.GetRawText()[..21] + "...";
}
