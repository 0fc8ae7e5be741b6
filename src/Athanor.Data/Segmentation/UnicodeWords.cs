using System.Globalization;
using System.Text;

namespace Athanor.Data.Segmentation;

/// <summary>
/// Words between the word boundaries of Unicode's UAX 29, of which those count that begin with a letter or digit. Character classes follow the general categories of the runtime, with the lists of UAX 29 for
/// marks within words; scripts that need a dictionary (Thai, Lao, Khmer, Myanmar) and ideographs are split at each character, as the standard's default rules do.
/// </summary>
internal static class UnicodeWords
{
    private enum Kind
    {
        Other,
        Letter,
        Digit,
        Katakana,
        Connector,
        Extend,
        MidLetter,
        MidNumber,
        MidBoth,
    }

    public static void Scan(ReadOnlySpan<char> text, WordTable words)
    {
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            Kind kind = KindAt(text, at, out int units);
            if (kind is not (Kind.Letter or Kind.Digit or Kind.Katakana or Kind.Connector))
            {
                // A character of its own with what extends it; ideographs are words, punctuation is not.
                Rune rune = CharacterClasses.RuneAt(text, at, out _);
                at += units;
                while (at < text.Length && kind != Kind.Extend && KindAt(text, at, out units) == Kind.Extend)
                    at += units;
                if (CharacterClasses.IsAlphanumeric(rune))
                    Add(text, start, at, words);
                continue;
            }
            at = End(text, at + units, kind);
            // A word that begins with a connector such as _ is none, as its first character is neither letter nor digit.
            if (kind != Kind.Connector)
                Add(text, start, at, words);
        }
    }

    /// <summary>Where the word ends that began with a character of a kind.</summary>
    private static int End(ReadOnlySpan<char> text, int at, Kind last)
    {
        while (at < text.Length)
        {
            char unit = text[at];
            Kind next = KindAt(text, at, out int units);
            if (next == Kind.Extend)
            {
                at += units;
                continue;
            }
            bool joins = next switch
            {
                Kind.Letter or Kind.Digit => last is Kind.Letter or Kind.Digit or Kind.Connector,
                Kind.Katakana => last is Kind.Katakana or Kind.Connector,
                Kind.Connector => true,
                Kind.MidLetter => last == Kind.Letter && Follows(text, at + units, Kind.Letter),
                Kind.MidNumber => last == Kind.Digit && Follows(text, at + units, Kind.Digit),
                Kind.MidBoth => last is Kind.Letter or Kind.Digit && Follows(text, at + units, last),
                _ => false,
            };
            if (!joins)
                break;
            at += units;
            if (next is Kind.Letter or Kind.Digit or Kind.Katakana or Kind.Connector)
                last = next;
        }
        return at;
    }

    private static bool Follows(ReadOnlySpan<char> text, int at, Kind wanted)
    {
        while (at < text.Length)
        {
            Kind kind = KindAt(text, at, out int units);
            if (kind != Kind.Extend)
                return kind == wanted;
            at += units;
        }
        return false;
    }

    private static void Add(ReadOnlySpan<char> text, int start, int end, WordTable words)
    {
        ReadOnlySpan<char> word = text[start..end];
        words.Add(start, word.Length, SpaceWords.CodePoints(word), WordHash.Of(word), WordTraits.None);
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int at, out int units)
    {
        units = 1;
        char unit = text[at];
        if (unit < 128)
        {
            return char.IsAsciiLetter(unit) ? Kind.Letter : char.IsAsciiDigit(unit) ? Kind.Digit : unit switch
            {
                '_' => Kind.Connector,
                ':' => Kind.MidLetter,
                ',' or ';' => Kind.MidNumber,
                '.' or '\'' => Kind.MidBoth,
                _ => Kind.Other,
            };
        }
        Rune rune = CharacterClasses.RuneAt(text, at, out units);
        switch (rune.Value)
        {
            case 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2027 or 0xFE13 or 0xFE55 or 0xFF1A:
                return Kind.MidLetter;
            case 0x37E or 0x589 or 0x60C or 0x60D or 0x66C or 0x7F8 or 0x2044 or 0xFE10 or 0xFE14 or 0xFE50 or 0xFE54 or 0xFF0C or 0xFF1B:
                return Kind.MidNumber;
            case 0x2018 or 0x2019 or 0x2024 or 0xFE52 or 0xFF07 or 0xFF0E:
                return Kind.MidBoth;
            case 0x202F:
                return Kind.Connector;
            case 0x200B:
                return Kind.Other;
            case (>= 0x3031 and <= 0x3035) or 0x309B or 0x309C or (>= 0x30A0 and <= 0x30FA) or (>= 0x30FC and <= 0x30FF) or (>= 0x31F0 and <= 0x31FF) or (>= 0xFF66 and <= 0xFF9D):
                return Kind.Katakana;
            case (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF) or (>= 0x3041 and <= 0x3096) or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF):
                return Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark ? Kind.Extend
                    : Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? Kind.Digit : Kind.Other;
        }
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            UnicodeCategory.ConnectorPunctuation => Kind.Connector,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => Kind.Extend,
            _ => Kind.Other,
        };
    }
}
