using System.Buffers;
using System.Text;

namespace Athanor.Data.Repair;

/// <summary>
/// Undoes UTF-8 that was read as Windows-1252 (with Latin-1's controls for the five bytes it leaves open). A run of characters beyond ASCII that can be such bytes, and as bytes is UTF-8, becomes what it says: in
/// real text such runs practically do not occur, but for a capital with an accent before a typographic mark, which is left alone where nothing else in the text is mistaken.
/// </summary>
internal static class Mojibake
{
    private const int MostRounds = 3, LongestRun = 4096;

    /// <summary>The characters of Windows-1252's bytes 0x80 to 0x9F; 0 where it has none.</summary>
    private const string Upper = "\u20AC\0\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\0\u017D\0\0\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\0\u017E\u0178";

    /// <summary>Every mistaken sequence begins with one of these.</summary>
    private static readonly SearchValues<char> Leads = SearchValues.Create([.. Enumerable.Range(0xC2, 0xF5 - 0xC2).Select(lead => (char)lead)]);

    /// <summary>The text put right, and how many runs were; the same string where nothing was to do.</summary>
    public static string Repair(string text, out int repaired)
    {
        repaired = 0;
        for (int round = 0; round < MostRounds && text.AsSpan().ContainsAny(Leads); round++)
        {
            string better = Once(text, doubtful: false, out int runs);
            if (runs == 0)
                break;
            // Where there are certain cases the doubtful ones are mistakes too.
            better = Once(text, doubtful: true, out runs);
            repaired += runs;
            text = better;
        }
        return text;
    }

    private static string Once(string text, bool doubtful, out int runs)
    {
        runs = 0;
        StringBuilder? result = null;
        int copied = 0;
        Span<byte> bytes = stackalloc byte[LongestRun];
        Span<char> decoded = stackalloc char[LongestRun];
        for (int at = 0; at < text.Length;)
        {
            int next = text.AsSpan(at).IndexOfAny(Leads);
            if (next < 0)
                break;
            int start = at + next, length = 0;
            while (start + length < text.Length && length < LongestRun && Byte(text[start + length]) is >= 0 and int value)
                bytes[length++] = (byte)value;
            at = start + Math.Max(1, length);
            // Within the run every place that begins a sequence is tried, since true letters may stand beside mistaken ones.
            for (int from = 0; from < length;)
            {
                int used = Sequences(bytes[from..length]);
                if (used < 2 || (!doubtful && Doubtful(text, start + from, used)))
                {
                    from += Math.Max(1, used);
                    continue;
                }
                int count = Encoding.UTF8.GetChars(bytes.Slice(from, used), decoded);
                (result ??= new StringBuilder(text.Length)).Append(text, copied, start + from - copied).Append(decoded[..count]);
                copied = start + from + used;
                from += used;
                runs++;
            }
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Bytes of the whole sequences of UTF-8, of two bytes and more each, that a span begins with.</summary>
    private static int Sequences(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && bytes[at] >= 0xC2 && Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == OperationStatus.Done)
            at += length;
        return at;
    }

    /// <summary>
    /// A single pair is doubtful where it would become a letter of a rare script, and where its second half is a typographic mark that stands at a word's end behind no small letter: VOILÉ” is no mistake.
    /// </summary>
    private static bool Doubtful(string text, int start, int length)
    {
        // é“” is an ideograph as bytes; â begins the marks themselves, which are the most common mistakes.
        if (length == 3)
            return text[start] != '\u00E2' && text[start + 1] > '\u00FF' && text[start + 2] > '\u00FF';
        // Of four bytes those count that begin with ð: emoji. Others would be planes without characters.
        if (length == 4)
            return text[start] != '\u00F0';
        if (length != 2)
            return false;
        // Latin, Greek, Cyrillic, Hebrew, Arabic.
        if (text[start] is not ((>= '\u00C2' and <= '\u00C5') or (>= '\u00CE' and <= '\u00D1') or (>= '\u00D7' and <= '\u00D9')))
            return true;
        bool within = (start > 0 && char.IsLower(text[start - 1])) || (start + 2 < text.Length && char.IsLetter(text[start + 2]));
        return text[start + 1] > '\u00FF' && !within;
    }

    private static int Byte(char unit)
    {
        if (unit is >= '\u0080' and <= '\u00FF')
            return unit;
        if (unit < '\u0152')
            return -1;
        int place = Upper.IndexOf(unit, StringComparison.Ordinal);
        return place < 0 ? -1 : 0x80 + place;
    }
}
