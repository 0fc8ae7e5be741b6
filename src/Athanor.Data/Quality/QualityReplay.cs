using Athanor.Data.Inspection;

namespace Athanor.Data.Quality;

/// <summary>Rules as conditions that can be replayed on the signals a stage stored.</summary>
public static class QualityReplay
{
    /// <summary>The bounds of rules, with some of them replaced: a condition stands for the bound of the same signal on the same side; one for which there is none is added.</summary>
    /// <param name="rules">The rules that were run.</param>
    /// <param name="instead">Other bounds.</param>
    public static IReadOnlyList<ThresholdCondition> Conditions(IReadOnlyList<QualityRule> rules, IReadOnlyList<ThresholdCondition> instead)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(instead);
        List<ThresholdCondition> conditions = [.. Bounds(rules, "")];
        foreach (ThresholdCondition other in instead)
        {
            int same = conditions.FindIndex(bound => Replaces(other, bound));
            if (same >= 0)
                conditions[same] = other;
            else
                conditions.Add(other);
        }
        return conditions;
    }

    /// <summary>The bounds of rules as conditions.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="prefix">Stands in front of the signals' names: the step's name and a dot, or nothing.</param>
    internal static IEnumerable<ThresholdCondition> Bounds(IReadOnlyList<QualityRule> rules, string prefix)
    {
        foreach (QualityRule rule in rules)
        {
            if (rule.Min is { } min)
                yield return new ThresholdCondition(prefix + rule.Signal, ">=", (float)min);
            if (rule.Max is { } max)
                yield return new ThresholdCondition(prefix + rule.Signal, "<=", (float)max);
        }
    }

    /// <summary>Whether a condition stands for a bound: the same signal, on the same side.</summary>
    internal static bool Replaces(ThresholdCondition condition, ThresholdCondition bound) => condition.Comparison[0] == bound.Comparison[0] && Means(condition.Signal, bound.Signal);

    /// <summary>Rules with some replaced by others of the same signal; what is left over is added behind.</summary>
    public static IReadOnlyList<QualityRule> With(IReadOnlyList<QualityRule> rules, IReadOnlyList<QualityRule> changes)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(changes);
        return [.. rules.Select(rule => changes.LastOrDefault(change => change.Signal == rule.Signal) ?? rule), .. changes.Where(change => !rules.Any(rule => rule.Signal == change.Signal))];
    }

    /// <summary>A stored signal's name has the step's in front: <c>filter_quality.datatrove.words</c>.</summary>
    private static bool Means(string given, string signal) => given == signal || given.EndsWith("." + signal, StringComparison.Ordinal);
}
