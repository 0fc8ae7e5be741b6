using System.Globalization;
using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Runs.Ledger;

/// <summary>One value of a metric.</summary>
/// <param name="Stage">The stage that reported it.</param>
/// <param name="Step">Its step.</param>
/// <param name="Time">When.</param>
/// <param name="Value">What.</param>
public readonly record struct MetricPoint(string Stage, long Step, DateTimeOffset Time, double Value);

/// <summary>Reads the metrics of a run, also while it runs.</summary>
public static class MetricReader
{
    private static readonly string[] OwnKeys = ["stage", "step", "time", "rewind"];

    /// <summary>All metrics by name, in the order of writing; lines that a rewind took back are left out.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>> Read(string runFolder)
    {
        var series = new Dictionary<string, List<MetricPoint>>(StringComparer.Ordinal);
        foreach (JsonElement line in JsonLinesReader.Read(Path.Combine(runFolder, RunLedger.MetricsFile)))
        {
            if (!line.TryGetProperty("step", out JsonElement number) || !number.TryGetInt64(out long step))
                continue;
            string stage = line.TryGetProperty("stage", out JsonElement name) ? name.GetString() ?? "" : "";
            if (line.TryGetProperty("rewind", out _))
            {
                foreach (List<MetricPoint> known in series.Values)
                    known.RemoveAll(point => point.Stage == stage && point.Step > step);
                continue;
            }
            DateTimeOffset time = line.TryGetProperty("time", out JsonElement seconds) && seconds.TryGetDouble(out double unix)
                ? DateTimeOffset.UnixEpoch.AddSeconds(unix) : default;
            foreach (JsonProperty property in line.EnumerateObject())
            {
                if (OwnKeys.Contains(property.Name) || Value(property.Value) is not { } value)
                    continue;
                if (!series.TryGetValue(property.Name, out List<MetricPoint>? points))
                    series.Add(property.Name, points = []);
                points.Add(new MetricPoint(stage, step, time, value));
            }
        }
        return series.Where(pair => pair.Value.Count > 0).ToDictionary(pair => pair.Key, IReadOnlyList<MetricPoint> (pair) => pair.Value, StringComparer.Ordinal);
    }

    private static double? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.String when double.TryParse(element.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) => value,
        _ => null,
    };
}
