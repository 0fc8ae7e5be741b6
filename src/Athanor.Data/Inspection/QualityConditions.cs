using System.Text.Json;
using Athanor.Data.Quality;

namespace Athanor.Data.Inspection;

/// <summary>
/// The other rules of quality filters: who moves one threshold means that the others stay. They are read from the settings in the stage's manifest, so that a replay decides as the stage would.
/// </summary>
internal static class QualityConditions
{
    private const string Filter = "filter_quality";

    /// <summary>Conditions with those bounds of the filters they are about that they do not replace.</summary>
    /// <param name="manifest">The stage's manifest.</param>
    /// <param name="conditions">With full names of signals.</param>
    public static IReadOnlyList<ThresholdCondition> Complete(string manifest, IReadOnlyList<ThresholdCondition> conditions)
    {
        if (!File.Exists(manifest))
            return conditions;
        using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
        var all = new List<ThresholdCondition>(conditions);
        foreach ((string step, JsonElement settings) in Filters(json.RootElement))
        {
            string prefix = step + ".";
            if (conditions.Any(condition => condition.Signal.StartsWith(prefix, StringComparison.Ordinal)))
                all.AddRange(QualityReplay.Bounds(Settings(settings).EffectiveRules, prefix).Where(bound => !conditions.Any(condition => QualityReplay.Replaces(condition, bound))));
        }
        return all;
    }

    /// <summary>The quality filters of a stage, by their names in its chain.</summary>
    private static IEnumerable<(string Step, JsonElement Settings)> Filters(JsonElement manifest)
    {
        JsonElement settings = manifest.GetProperty("basis").GetProperty("settings");
        string kind = manifest.GetProperty("kind").GetString()!;
        if (kind == Filter)
            yield return (Filter, settings);
        if (kind != "process")
            yield break;
        int count = 0;
        foreach (JsonElement step in settings.GetProperty("steps").EnumerateArray().Where(step => step.GetProperty("kind").GetString() == Filter))
        {
            count++;
            yield return (count == 1 ? Filter : FormattableString.Invariant($"{Filter}#{count}"), step);
        }
    }

    private static FilterQualitySettings Settings(JsonElement settings) => new()
    {
        Profile = settings.TryGetProperty("profile", out JsonElement profile) ? profile.GetString() : null,
        Rules = [.. (settings.TryGetProperty("rules", out JsonElement rules) ? rules.EnumerateArray() : []).Select(rule =>
            new QualityRuleSettings { Signal = rule.GetProperty("signal").GetString()!, Min = Number(rule, "min"), Max = Number(rule, "max") })],
    };

    private static double? Number(JsonElement rule, string name) => rule.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
