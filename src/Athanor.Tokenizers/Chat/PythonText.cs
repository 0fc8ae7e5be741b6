using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>Strings as Python counts them: by code points, where .NET counts UTF-16 units. A lone surrogate is a character of its own.</summary>
internal static class PythonText
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    private static bool HasPairs(string text) => text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0;

    /// <summary>How many UTF-16 units the character at an offset has.</summary>
    public static int Width(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    public static long Length(string text, RenderState state)
    {
        state.ChargeText(text.Length);
        return Length(text);
    }

    public static int Length(string text)
    {
        if (!HasPairs(text))
            return text.Length;
        int count = 0;
        for (int i = 0; i < text.Length; i += Width(text, i))
            count++;
        return count;
    }

    public static IEnumerable<object?> Characters(string text)
    {
        for (int i = 0; i < text.Length; i += Width(text, i))
            yield return text.Substring(i, Width(text, i));
    }

    /// <summary>The UTF-16 offset of a code point.</summary>
    public static int Offset(string text, long codePoint)
    {
        if (!HasPairs(text))
            return (int)Math.Min(codePoint, text.Length);
        int at = 0;
        for (long i = 0; i < codePoint && at < text.Length; i++)
            at += Width(text, at);
        return at;
    }

    /// <summary>The code point at a UTF-16 offset.</summary>
    public static int CodePoint(string text, int offset) => offset < 0 ? offset : Length(text[..offset]);

    public static int Compare(string a, string b)
    {
        int common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
            return a.Length.CompareTo(b.Length);
        // UTF-16 puts the pairs below U+E000..U+FFFF; code points put them above.
        (char x, char y) = (a[common], b[common]);
        return char.IsSurrogate(x) != char.IsSurrogate(y) && (x > '\udfff' || y > '\udfff')
            ? char.IsSurrogate(x).CompareTo(char.IsSurrogate(y))
            : x.CompareTo(y);
    }

    public static string Reverse(string text)
    {
        var reversed = new StringBuilder(text.Length);
        for (int end = text.Length; end > 0;)
        {
            int start = end > 1 && char.IsLowSurrogate(text[end - 1]) && char.IsHighSurrogate(text[end - 2]) ? end - 2 : end - 1;
            reversed.Append(text, start, end - start);
            end = start;
        }
        return reversed.ToString();
    }

    /// <summary>Python's strip: <paramref name="side"/> below zero for the left end alone, above for the right, zero for both; white space when no characters are given.</summary>
    public static string Strip(string text, string? characters, int side)
    {
        if (characters is not null && (HasPairs(characters) || HasPairs(text)))
            return StripRunes(text, characters, side);
        int start = 0, end = text.Length;
        while (side <= 0 && start < end && IsStripped(text[start], characters))
            start++;
        while (side >= 0 && end > start && IsStripped(text[end - 1], characters))
            end--;
        return text[start..end];
    }

    private static bool IsStripped(char c, string? characters) => characters is null ? IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);

    private static string StripRunes(string text, string characters, int side)
    {
        HashSet<object?> set = [.. Characters(characters)];
        List<object?> items = [.. Characters(text)];
        int start = 0, end = items.Count;
        while (side <= 0 && start < end && set.Contains(items[start]))
            start++;
        while (side >= 0 && end > start && set.Contains(items[end - 1]))
            end--;
        return string.Concat(items.GetRange(start, end - start));
    }

    /// <summary>The lines without their ends, by all of Python's line ends.</summary>
    public static List<string> Lines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029'))
                continue;
            int end = i;
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                i++;
            lines.Add(text[start..(keepEnds ? i + 1 : end)]);
            start = i + 1;
        }
        if (start < text.Length)
            lines.Add(text[start..]);
        return lines;
    }

    public static string Upper(string text) => text.Replace("ß", "SS", StringComparison.Ordinal).ToUpperInvariant();

    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        return text.Contains('Σ', StringComparison.Ordinal) ? FinalSigmas(text, lower) : lower;
    }

    /// <summary>Unicode's one rule of casing that looks around: a sigma that ends a word is written ς.</summary>
    private static string FinalSigmas(string text, string lower)
    {
        char[] result = lower.ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == 'Σ' && HasLetter(text, i, -1) && !HasLetter(text, i, 1))
                result[i] = 'ς';
        }
        return new string(result);
    }

    /// <summary>Whether the next character in a direction that matters for case has one.</summary>
    private static bool HasLetter(string text, int at, int step)
    {
        for (at += step; at >= 0 && at < text.Length; at += step)
        {
            char c = text[at];
            if (char.IsUpper(c) || char.IsLower(c))
                return true;
            bool ignored = c is '\'' or '.' or ':' or '·' or '\u2019' || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
            if (!ignored)
                return false;
        }
        return false;
    }

    public static string Capitalize(string text)
    {
        if (text.Length == 0)
            return text;
        int width = Width(text, 0);
        return (text[0] == 'ß' ? "Ss" : text[..width].ToUpperInvariant()) + Lower(text[width..]);
    }

    /// <summary>Python's str.title: a letter is a capital when no letter stands before it.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (Rune rune in Lower(text).EnumerateRunes())
        {
            title.Append((inWord ? rune : Rune.ToUpperInvariant(rune)).ToString());
            inWord = IsCased(rune);
        }
        return title.ToString();
    }

    public static string SwapCase(string text)
    {
        var swapped = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            swapped.Append((Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune)).ToString());
        return swapped.ToString();
    }

    public static bool IsCased(Rune rune) => Rune.IsUpper(rune) || Rune.IsLower(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;

    /// <summary>Python's islower and isupper: at least one cased letter, and none of the other case.</summary>
    public static bool IsAllCase(string text, bool upper)
    {
        bool any = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsCased(rune))
                continue;
            if (Rune.IsUpper(rune) != upper)
                return false;
            any = true;
        }
        return any;
    }

    /// <summary>Whether the text is not empty and all its code points are such.</summary>
    public static bool All(string text, Func<Rune, bool> test)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!test(rune))
                return false;
        }
        return text.Length > 0;
    }

    /// <summary>Occurrences replaced, at most <paramref name="count"/> (all when below zero); an empty <paramref name="old"/> stands between all characters.</summary>
    public static string Replace(string text, string old, string replacement, long count, RenderState state)
    {
        state.ChargeText(text.Length);
        var result = new StringBuilder();
        int at = 0;
        if (old.Length == 0)
        {
            for (; count != 0; count--)
            {
                result.Append(replacement);
                state.CheckText(result.Length);
                state.ChargeText(replacement.Length + 16);
                if (at >= text.Length)
                    break;
                int width = Width(text, at);
                result.Append(text, at, width);
                at += width;
            }
        }
        else
        {
            for (; count != 0 && text.IndexOf(old, at, StringComparison.Ordinal) is var found and >= 0; count--)
            {
                result.Append(text, at, found - at).Append(replacement);
                state.CheckText(result.Length);
                state.ChargeText(replacement.Length + 16);
                at = found + old.Length;
            }
        }
        return state.CheckText(result.Append(text, at, text.Length - at).ToString());
    }
}
