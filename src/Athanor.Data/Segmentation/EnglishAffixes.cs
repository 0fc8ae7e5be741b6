using System.Buffers;

namespace Athanor.Data.Segmentation;

/// <summary>What spaCy's English rules cut off in front of a word, behind it and within it, written as scanners.</summary>
internal static class EnglishAffixes
{
    /// <summary>Units of measure that are cut off behind a digit.</summary>
    private static readonly HashSet<string> Units = new(
        ("km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa mbar mb MB kb KB gb GB tb TB T G M K % " +
        "км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч кПа Па мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тбكم كم² كم³ م م² م³ سم سم² سم³ مم مم² مم³ كم غرام جرام جم كغ ملغ كوب اكواب")
        .Split(' '), StringComparer.Ordinal);
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> UnitLookup = Units.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly int LongestUnit = Units.Max(unit => unit.Length);
    private static readonly SearchValues<char> InfixMarks = SearchValues.Create("+-*^.,:<>=/~–—…");

    /// <summary>Code units at the beginning that are a word of their own.</summary>
    public static int Prefix(ReadOnlySpan<char> text)
    {
        char first = text[0];
        switch (first)
        {
            case '+':
                return text.Length > 1 && char.IsAsciiDigit(text[1]) ? 0 : 1;
            case '.':
                int dots = Dots(text);
                return dots > 1 ? dots : 0;
            case 'U' when text.StartsWith("US$"):
                return 3;
            case 'C' or 'A' when text.Length > 1 && text[1] == '$':
                return 2;
        }
        CharacterClass @class = CharacterClasses.Of(CharacterClasses.RuneAt(text, 0, out int units));
        return (@class & CharacterClass.Prefix) != 0 ? units : 0;
    }

    /// <summary>Code units at the end that are a word of their own; the longest of what the rules find.</summary>
    public static int Suffix(ReadOnlySpan<char> text)
    {
        int end = text.Length;
        if (end == 0)
            return 0;
        char last = text[^1];
        if (char.IsAsciiDigit(last))
            return 0;
        int dots = 0;
        while (dots < end && text[end - 1 - dots] == '.')
            dots++;
        if (dots > 1)
            return dots;
        if (dots == 1)
            return StopIsSuffix(text) ? 1 : 0;
        int longest = AfterDigit(text);
        System.Text.Rune rune = CharacterClasses.RuneBefore(text, end);
        int single = rune.Utf16SequenceLength;
        if (last is 's' or 'S' && end > 1 && text[^2] is '\'' or '’')
            longest = Math.Max(longest, 2);
        if (last == '…' && end > 1 && text[^2] == '…')
            longest = Math.Max(longest, 2);
        if ((CharacterClasses.Of(rune) & CharacterClass.Suffix) != 0 || (last == '+' && end > 1 && char.IsAsciiDigit(text[^2])))
            longest = Math.Max(longest, single);
        return longest;
    }

    /// <summary>The next split within a word, from a place on.</summary>
    /// <returns>False where there is none.</returns>
    public static bool Infix(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (int at = from; at < text.Length; at++)
        {
            char unit = text[at];
            if (char.IsAsciiLetterOrDigit(unit) || char.IsLowSurrogate(unit))
                continue;
            int length = unit < 128 || InfixMarks.Contains(unit) ? InfixAt(text, at) : IconAt(text, at);
            if (length > 0)
            {
                (start, end) = (at, at + length);
                return true;
            }
        }
        start = end = 0;
        return false;
    }

    private static int InfixAt(ReadOnlySpan<char> text, int at)
    {
        char unit = text[at];
        if (unit == '…')
            return 1;
        if (unit == '.')
        {
            int dots = Dots(text[at..]);
            if (dots > 1)
                return dots;
        }
        if (at == 0)
            return 0;
        CharacterClass before = CharacterClasses.Of(CharacterClasses.RuneBefore(text, at));
        bool digitBefore = char.IsAsciiDigit(text[at - 1]);
        if (unit is '+' or '-' or '*' or '^' && digitBefore && at + 1 < text.Length && (char.IsAsciiDigit(text[at + 1]) || text[at + 1] == '-'))
            return 1;
        bool alphaBefore = (before & CharacterClass.Alpha) != 0;
        switch (unit)
        {
            case '.':
                return (before & (CharacterClass.Lower | CharacterClass.Quote)) != 0 && Follows(text, at + 1, CharacterClass.Upper | CharacterClass.Quote) ? 1 : 0;
            case ',':
                return alphaBefore && Follows(text, at + 1, CharacterClass.Alpha) ? 1 : 0;
            case '-' or '–' or '—' or '~' when alphaBefore || digitBefore:
                return Hyphens(text, at);
            case ':' or '<' or '>' or '=' or '/' when alphaBefore || digitBefore:
                return Follows(text, at + 1, CharacterClass.Alpha) ? 1 : 0;
            default:
                return 0;
        }
    }

    /// <summary>One hyphen or dash, two or three hyphens, two dashes, whichever of them a letter follows.</summary>
    private static int Hyphens(ReadOnlySpan<char> text, int at)
    {
        if (Follows(text, at + 1, CharacterClass.Alpha))
            return 1;
        int run = 1;
        while (run < 3 && at + run < text.Length && text[at + run] == text[at])
            run++;
        int most = text[at] switch { '-' => 3, '—' => 2, _ => 1 };
        for (int length = 2; length <= Math.Min(run, most); length++)
        {
            if (Follows(text, at + length, CharacterClass.Alpha))
                return length;
        }
        return 0;
    }

    private static int IconAt(ReadOnlySpan<char> text, int at) =>
        (CharacterClasses.Of(CharacterClasses.RuneAt(text, at, out int units)) & CharacterClass.Icon) != 0 ? units : 0;

    private static bool Follows(ReadOnlySpan<char> text, int at, CharacterClass classes) =>
        at < text.Length && (CharacterClasses.Of(CharacterClasses.RuneAt(text, at, out _)) & classes) != 0;

    private static int Dots(ReadOnlySpan<char> text)
    {
        int dots = text.IndexOfAnyExcept('.');
        return dots < 0 ? text.Length : dots;
    }

    /// <summary>Currencies and units of measure behind a digit.</summary>
    private static int AfterDigit(ReadOnlySpan<char> text)
    {
        int from = Math.Max(1, text.Length - Math.Max(LongestUnit, 3));
        for (int at = from; at < text.Length; at++)
        {
            if (!char.IsAsciiDigit(text[at - 1]))
                continue;
            ReadOnlySpan<char> rest = text[at..];
            if (UnitLookup.Contains(rest) || rest is "US$" or "C$" or "A$" || (rest.Length == 1 && (CharacterClasses.Of(rest[0]) & CharacterClass.Currency) != 0))
                return rest.Length;
        }
        return 0;
    }

    private static bool StopIsSuffix(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
            return false;
        System.Text.Rune before = CharacterClasses.RuneBefore(text, text.Length - 1);
        if ((CharacterClasses.Of(before) & CharacterClass.BeforeStop) != 0)
            return true;
        int at = text.Length - 1 - before.Utf16SequenceLength;
        if (at == 0)
            return false;
        System.Text.Rune second = CharacterClasses.RuneBefore(text, at);
        return ((CharacterClasses.Of(before) & CharacterClasses.Of(second) & CharacterClass.Upper) != 0)
            || (second.Value == '°' && before.Value is 'F' or 'f' or 'C' or 'c' or 'K' or 'k');
    }
}
