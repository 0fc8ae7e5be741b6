using System.Buffers;
using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers;

/// <summary>Characters of UTF-8 text that may hold bytes that are not UTF-8: such a byte reads as one character of value -1.</summary>
internal static class Utf8Text
{
    /// <summary>The code point at <paramref name="at"/> and its length in bytes; -1 and 1 where the bytes are not UTF-8.</summary>
    public static int Read(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte first = text[at];
        if (first < 0x80)
        {
            length = 1;
            return first;
        }
        if (Rune.DecodeFromUtf8(text[at..], out Rune rune, out length) == OperationStatus.Done)
            return rune.Value;
        length = 1;
        return -1;
    }

    /// <summary>The code point that ends before <paramref name="end"/> and its length in bytes; -1 and 1 where the bytes are not UTF-8.</summary>
    public static int ReadBack(ReadOnlySpan<byte> text, int end, out int length)
    {
        if (Rune.DecodeLastFromUtf8(text[..end], out Rune rune, out length) == OperationStatus.Done)
            return rune.Value;
        length = 1;
        return -1;
    }

    /// <summary>The general category; a byte that is not UTF-8 is like an unassigned character.</summary>
    public static UnicodeCategory Category(int codePoint) =>
        codePoint < 0 ? UnicodeCategory.OtherNotAssigned : CharUnicodeInfo.GetUnicodeCategory(codePoint);

    /// <summary>The White_Space property.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint switch
    {
        < 0 => false,
        ' ' or (>= '\t' and <= '\r') => true,
        < 0x80 => false,
        _ => codePoint <= 0xFFFF && char.IsWhiteSpace((char)codePoint),
    };

    /// <summary>General categories Nd, Nl and No.</summary>
    public static bool IsNumeric(int codePoint) =>
        Category(codePoint) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>A mark of ASCII's 32 or of the general category P.</summary>
    public static bool IsPunctuation(int codePoint)
    {
        if (codePoint is >= 0 and < 0x80)
            return codePoint is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126);
        return Category(codePoint) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;
    }

    /// <summary>What regexes call <c>\w</c>: Alphabetic, marks, decimal digits, connector punctuation and the two joiners (UTS #18, annex C).</summary>
    public static bool IsWord(int codePoint)
    {
        if (codePoint is >= 0 and < 0x80)
            return char.IsAsciiLetterOrDigit((char)codePoint) || codePoint == '_';
        return Category(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
                or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,
            // Symbols that Other_Alphabetic makes letters: circled, squared and negative squared Latin letters.
            UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
                or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
            _ => codePoint is 0x200C or 0x200D,
        };
    }
}
