using System.Collections.Concurrent;

namespace Athanor.Data.Execution;

/// <summary>
/// The highest rank of each group that has all its samples, told to workers while they work. Ranks only sink, so what is excluded at any time would have been displaced in the end: the samples do not depend on when
/// a worker hears of a bound.
/// </summary>
internal sealed class SampleBounds
{
    private readonly ConcurrentDictionary<string, double> _highest = new(StringComparer.Ordinal);

    /// <summary>Whether a document of this rank cannot be among the samples.</summary>
    public bool Exclude(string group, double rank) => _highest.TryGetValue(group, out double highest) && rank > highest;

    public void Set(string group, double highest) => _highest[group] = highest;
}
