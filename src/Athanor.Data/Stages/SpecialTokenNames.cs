using System.Globalization;
using System.Text.RegularExpressions;

namespace Athanor.Data.Stages;

/// <summary>Names of special tokens in recipes: <c>&lt;extra_id_{0..99}&gt;</c> stands for a hundred of them.</summary>
internal static partial class SpecialTokenNames
{
    private const int Most = 100_000;

    /// <summary>All names.</summary>
    public static string[] Expand(IEnumerable<string> names) => [.. names.SelectMany(Expand)];

    private static IEnumerable<string> Expand(string name)
    {
        Match range = Range().Match(name);
        if (!range.Success)
            return [name];
        int first = int.Parse(range.Groups[1].ValueSpan, CultureInfo.InvariantCulture), last = int.Parse(range.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return first > last || last - first >= Most ? [name]
            : Enumerable.Range(first, last - first + 1).Select(i => string.Concat(name.AsSpan(0, range.Index), i.ToString(CultureInfo.InvariantCulture), name.AsSpan(range.Index + range.Length)));
    }

    [GeneratedRegex(@"\{(\d{1,6})\.\.(\d{1,6})\}")]
    private static partial Regex Range();
}
