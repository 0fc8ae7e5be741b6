using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Training;

/// <summary>Which places of a text may be cut for a pre-tokenizer.</summary>
internal enum CutPlaces
{
    /// <summary>None: nothing is known of it.</summary>
    None,

    /// <summary>Before a space.</summary>
    Spaces,

    /// <summary>All kinds.</summary>
    All,
}

/// <summary>
/// Places where a text may be cut without changing its pieces, whatever stands before and behind. They hold for every pre-tokenizer of the GPT family:
/// none of the regexes lets a piece go on across such a place or looks further ahead than its first character.
/// </summary>
internal static class SafeCut
{
    /// <summary>The places that are safe for <paramref name="scanner"/>.</summary>
    public static CutPlaces PlacesOf(PieceScanner scanner) =>
        scanner is MetaspaceWords ? CutPlaces.Spaces : PieceScanners.All.Contains(scanner) ? CutPlaces.All : CutPlaces.None;

    /// <summary>The last safe place in (<paramref name="from"/>, end of text), or -1.</summary>
    public static int FindLast(ReadOnlySpan<byte> text, int from, CutPlaces places)
    {
        for (int cut = text.Length - 1; cut > from && places != CutPlaces.None; cut--)
        {
            if (IsSafe(text, cut, places))
                return cut;
        }
        return -1;
    }

    /// <summary>The last place in (<paramref name="from"/>, end of text) that splits no character, for text without a safe place.</summary>
    public static int FindCharacter(ReadOnlySpan<byte> text, int from)
    {
        int cut = text.Length;
        for (int back = 1; back <= 4 && text.Length - back > from; back++)
        {
            byte lead = text[^back];
            if ((lead & 0xC0) == 0x80)
                continue;
            int size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            return size > back ? text.Length - back : cut;
        }
        return cut;
    }

    private static bool IsSafe(ReadOnlySpan<byte> text, int cut, CutPlaces places)
    {
        if (cut < 1 || cut >= text.Length)
            return false;
        byte before = text[cut - 1], behind = text[cut];
        // A space between two ASCII letters opens a piece of its own.
        if (behind == ' ')
            return cut + 1 < text.Length && char.IsAsciiLetter((char)before) && char.IsAsciiLetter((char)text[cut + 1]);
        if (places == CutPlaces.Spaces)
            return false;
        // A single line feed between visible characters closes its piece; two would be divided differently at the end of a text.
        if (before == '\n')
            return cut >= 2 && text[cut - 2] is > 0x20 and < 0x7F && char.IsAsciiLetterOrDigit((char)behind);
        // An ideographic comma or full stop never continues a piece of ideographs.
        return behind == 0xE3 && cut >= 3 && cut + 2 < text.Length && text[cut + 1] == 0x80 && text[cut + 2] is 0x81 or 0x82
            && text[cut - 3] is >= 0xE5 and <= 0xE8 && (text[cut - 2] & 0xC0) == 0x80 && (before & 0xC0) == 0x80;
    }
}
