using System.Globalization;

namespace Athanor.Data.Inspection;

/// <summary>What a kept document's signal must be: <c>length.characters &gt;= 80</c>.</summary>
/// <param name="Signal">The signal, behind its step's name; the step may be left out where only one has it.</param>
/// <param name="Comparison">One of &gt;=, &gt;, &lt;=, &lt;.</param>
/// <param name="Bound">What it is held against.</param>
public sealed record ThresholdCondition(string Signal, string Comparison, float Bound)
{
    private static readonly string[] Comparisons = [">=", "<=", ">", "<"];

    /// <summary>Reads a condition.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static ThresholdCondition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string comparison in Comparisons)
        {
            int at = text.IndexOf(comparison, StringComparison.Ordinal);
            if (at > 0 && float.TryParse(text.AsSpan(at + comparison.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out float bound))
                return new ThresholdCondition(text[..at].Trim(), comparison, bound);
        }
        throw new ArgumentException($"'{text}' is no condition. Write for example 'length.characters >= 80'.");
    }

    /// <summary>Whether a value meets it; one that was not computed does.</summary>
    public bool Holds(float value) => float.IsNaN(value) || Comparison switch { ">=" => value >= Bound, "<=" => value <= Bound, ">" => value > Bound, _ => value < Bound };

    /// <summary>The column of the signal.</summary>
    /// <exception cref="ArgumentException">There is no such signal, or more than one.</exception>
    public int ColumnOf(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        int[] found = [.. Enumerable.Range(0, names.Count).Where(column => names[column] == Signal)];
        if (found.Length == 0)
            found = [.. Enumerable.Range(0, names.Count).Where(column => names[column].EndsWith("." + Signal, StringComparison.Ordinal))];
        return found.Length == 1 ? found[0] : throw new ArgumentException(
            $"{(found.Length == 0 ? $"There is no signal '{Signal}'" : $"'{Signal}' may be several signals")}. Signals: {string.Join(", ", names)}.");
    }
}
