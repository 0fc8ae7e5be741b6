namespace Athanor.Runs.Ledger;

/// <summary>A setting in which runs differ.</summary>
/// <param name="Path">Dotted key path.</param>
/// <param name="Values">One a run; null where a run has no such setting.</param>
public sealed record SettingDifference(string Path, IReadOnlyList<string?> Values);

/// <summary>A metric of several runs.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Last">The last value of each run.</param>
/// <param name="Lowest">The lowest finite value of each run.</param>
/// <param name="Highest">The highest finite value of each run.</param>
/// <param name="AtStep">The last value at or before the step asked for, of each run.</param>
public sealed record MetricComparison(string Name, IReadOnlyList<MetricPoint?> Last, IReadOnlyList<MetricPoint?> Lowest, IReadOnlyList<MetricPoint?> Highest, IReadOnlyList<MetricPoint?> AtStep);

/// <summary>Runs side by side.</summary>
/// <param name="Runs">The runs, as given.</param>
/// <param name="Settings">Only settings in which they differ, in the order of the resolved recipes.</param>
/// <param name="Metrics">All metrics that any of them has, by name.</param>
public sealed record RunComparison(IReadOnlyList<RunSummary> Runs, IReadOnlyList<SettingDifference> Settings, IReadOnlyList<MetricComparison> Metrics)
{
    /// <summary>Compares runs.</summary>
    /// <param name="folders">Folders of runs.</param>
    /// <param name="step">The step at which metrics are compared; by default the last one that all runs reached.</param>
    public static RunComparison Of(IReadOnlyList<string> folders, long? step = null)
    {
        RunSummary[] runs = [.. folders.Select(folder => RunCatalog.Read(folder) ?? throw new Files.StorageException($"{folder} holds no run."))];
        IReadOnlyDictionary<string, string>[] settings = [.. folders.Select(RunCatalog.Settings)];
        SettingDifference[] differences = [.. settings.SelectMany(values => values.Keys).Distinct()
            .Select(path => new SettingDifference(path, [.. settings.Select(values => values.GetValueOrDefault(path))]))
            .Where(difference => difference.Values.Distinct().Count() > 1)];
        IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>>[] metrics = [.. folders.Select(MetricReader.Read)];
        MetricComparison[] compared = [.. metrics.SelectMany(series => series.Keys).Distinct().Order(StringComparer.Ordinal).Select(name =>
        {
            IReadOnlyList<MetricPoint>[] series = [.. metrics.Select(run => run.GetValueOrDefault(name) ?? [])];
            long common = step ?? series.Where(points => points.Count > 0).Min(points => points.Max(point => point.Step));
            return new MetricComparison(name, Each(series, points => points[^1]), Each(series, points => Finite(points).Cast<MetricPoint?>().MinBy(point => point!.Value.Value)),
                Each(series, points => Finite(points).Cast<MetricPoint?>().MaxBy(point => point!.Value.Value)),
                Each(series, points => points.Cast<MetricPoint?>().LastOrDefault(point => point!.Value.Step <= common)));
        })];
        return new RunComparison(runs, differences, compared);
    }

    private static MetricPoint?[] Each(IReadOnlyList<MetricPoint>[] series, Func<IReadOnlyList<MetricPoint>, MetricPoint?> choose) =>
        [.. series.Select(points => points.Count == 0 ? null : choose(points))];

    private static IEnumerable<MetricPoint> Finite(IReadOnlyList<MetricPoint> points) => points.Where(point => double.IsFinite(point.Value));
}
