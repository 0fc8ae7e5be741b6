using System.Globalization;
using System.Text;
using Athanor.Data.Deduplication.MinHash;

namespace Athanor.Data.Deduplication.Bloom;

/// <summary>
/// Words as UAX #29 bounds them, white space left out and punctuation kept, a mark each. The classes follow from general categories: letters and digits join, one mark between
/// letters (don't, e.g) or digits (3,141.59) joins too, kana of one kind join, characters of scripts without spaces stand alone, marks and joiners stay with what they follow.
/// </summary>
internal static class WordBounds
{
    private enum Kind
    {
        Other, Space, Letter, Digit, Katakana, Connector, Extend, Flag,
    }

    /// <summary>Calls for each word with its start and length.</summary>
    public static void Each(ReadOnlySpan<char> text, List<(int Start, int Length)> words)
    {
        words.Clear();
        for (int at = 0; at < text.Length;)
        {
            Kind kind = Read(text, at, out int next);
            if (kind == Kind.Space)
            {
                at = next;
                continue;
            }
            int end = Extended(text, next);
            Kind last = kind;
            if (kind == Kind.Flag && end < text.Length && Read(text, end, out int second) == Kind.Flag)
                end = Extended(text, second);
            else if (kind is Kind.Letter or Kind.Digit or Kind.Katakana or Kind.Connector)
            {
                while (end < text.Length && Joins(text, end, ref last, out int joined))
                    end = Extended(text, joined);
            }
            words.Add((at, end - at));
            at = end;
        }
    }

    private static bool Joins(ReadOnlySpan<char> text, int at, ref Kind last, out int end)
    {
        Kind kind = Read(text, at, out end);
        bool joins = kind switch
        {
            Kind.Letter or Kind.Digit => last is Kind.Letter or Kind.Digit or Kind.Connector,
            Kind.Katakana => last is Kind.Katakana or Kind.Connector,
            Kind.Connector => true,
            _ => false,
        };
        if (joins)
        {
            last = kind;
            return true;
        }
        int behind = Extended(text, end);
        if (kind != Kind.Other || behind >= text.Length)
            return false;
        Kind after = Read(text, behind, out int afterEnd);
        char mark = text[at];
        bool middle = last == Kind.Letter && after == Kind.Letter && (mark is '\'' or '.' or ':' or '\u00B7' or '\u2018' or '\u2019' or '\u2024' or '\u2027' or '\uFE13' or '\uFE52' or '\uFE55' or '\uFF07' or '\uFF0E' or '\uFF1A');
        bool number = last == Kind.Digit && after == Kind.Digit && (mark is ',' or ';' or '.' or '\'' or '\u2018' or '\u2019' or '\u2024' or '\u037E' or '\u0589' or '\u060C' or '\u060D' or '\u066C' or '\u07F8' or '\u2044' or '\uFE10' or '\uFE14' or '\uFE50' or '\uFE52' or '\uFE54' or '\uFF07' or '\uFF0C' or '\uFF0E' or '\uFF1B');
        if (!middle && !number)
            return false;
        end = afterEnd;
        last = after;
        return true;
    }

    /// <summary>Behind marks, format characters and joiners; a joiner takes what follows along.</summary>
    private static int Extended(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && Read(text, at, out int next) == Kind.Extend)
        {
            bool joiner = text[at] == '\u200D';
            at = next;
            if (joiner && at < text.Length && Read(text, at, out int joined) == Kind.Other && char.IsSurrogate(text[at]))
                at = joined;
        }
        return at;
    }

    private static Kind Read(ReadOnlySpan<char> text, int at, out int next)
    {
        char c = text[at];
        next = at + 1;
        if (c < 128)
            return char.IsAsciiLetter(c) ? Kind.Letter : char.IsAsciiDigit(c) ? Kind.Digit : c == '_' ? Kind.Connector : char.IsWhiteSpace(c) ? Kind.Space : Kind.Other;
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
        next = at + used;
        int value = rune.Value;
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        if (value is >= 0x1F1E6 and <= 0x1F1FF)
            return Kind.Flag;
        if (value is >= 0x30A1 and <= 0x30FA or >= 0x30FC and <= 0x30FF or >= 0x31F0 and <= 0x31FF or >= 0xFF66 and <= 0xFF9D)
            return Kind.Katakana;
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format || value is >= 0x1F3FB and <= 0x1F3FF)
            return Kind.Extend;
        if (category == UnicodeCategory.DecimalDigitNumber)
            return Kind.Digit;
        if (category == UnicodeCategory.ConnectorPunctuation)
            return Kind.Connector;
        return Rune.IsLetter(rune) && !CharacterFolds.IsUnspaced(value) ? Kind.Letter : Kind.Other;
    }
}
