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
        var conditions = new List<ThresholdCondition>();
        foreach (QualityRule rule in rules)
        {
            if (rule.Min is { } min)
                conditions.Add(new ThresholdCondition(rule.Signal, ">=", (float)min));
            if (rule.Max is { } max)
                conditions.Add(new ThresholdCondition(rule.Signal, "<=", (float)max));
        }
        foreach (ThresholdCondition other in instead)
        {
            int same = conditions.FindIndex(condition => condition.Comparison[0] == other.Comparison[0] && Means(other.Signal, condition.Signal));
            if (same >= 0)
                conditions[same] = other;
            else
                conditions.Add(other);
        }
        return conditions;
    }

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
