using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Athanor.Inference.Constraints;

/// <summary>The characters of Unicode's general categories, and pairs of characters that differ in case only.</summary>
internal static class UnicodeCategories
{
    // In the order of UnicodeCategory.
    private static readonly string[] s_names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly ConcurrentDictionary<string, CodePointSet?> s_sets = new(StringComparer.Ordinal);
    private static readonly Lazy<(int, int)[]> s_casePairs = new(FindCasePairs);

    /// <summary>Characters of a category such as Lu, or of a group of categories such as L; null where there is none of this name.</summary>
    public static CodePointSet? Find(string name) =>
        name.Length is 1 or 2 && s_names.Any(known => known.StartsWith(name, StringComparison.Ordinal)) ? s_sets.GetOrAdd(name, Collect) : null;

    /// <summary>The set with all characters that differ from one of its own in case only.</summary>
    public static CodePointSet Fold(CodePointSet set)
    {
        List<(int, int)> more = [.. set.Ranges];
        foreach ((int one, int other) in s_casePairs.Value)
        {
            if (set.Contains(one))
                more.Add((other, other));
            if (set.Contains(other))
                more.Add((one, one));
        }
        return CodePointSet.Of(more);
    }

    private static CodePointSet Collect(string name)
    {
        List<(int, int)> ranges = [];
        int from = -1;
        for (int character = 0; character <= CodePointSet.Last + 1; character++)
        {
            bool belongs = character <= CodePointSet.Last
                && s_names[(int)CharUnicodeInfo.GetUnicodeCategory(character)].StartsWith(name, StringComparison.Ordinal);
            if (belongs && from < 0)
                from = character;
            if (belongs || from < 0)
                continue;
            ranges.Add((from, character - 1));
            from = -1;
        }
        return CodePointSet.Of(ranges);
    }

    private static (int, int)[] FindCasePairs()
    {
        List<(int, int)> pairs = [];
        for (int character = 0; character <= 0x1FFFF; character++)
        {
            if (!Rune.TryCreate(character, out Rune rune))
                continue;
            if (Rune.ToUpperInvariant(rune).Value is var upper && upper != character)
                pairs.Add((character, upper));
            if (Rune.ToLowerInvariant(rune).Value is var lower && lower != character)
                pairs.Add((character, lower));
        }
        return [.. pairs];
    }
}
