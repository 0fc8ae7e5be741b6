using System.Collections.Frozen;
using System.Globalization;

namespace Athanor.Data.Extraction;

/// <summary>Reads character references: <c>&amp;amp;</c>, <c>&amp;#8217;</c>, <c>&amp;#x2019;</c>, by the HTML standard's rules.</summary>
internal static class HtmlEntities
{
    private const int LongestName = 32;
    private static readonly FrozenDictionary<string, string> Names = Read();
    private static readonly FrozenSet<string> Bare = HtmlEntityNames.Bare.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> ByName = Names.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> IsBare = Bare.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What bytes 0x80…0x9F mean in windows-1252, which is what pages that refer to them by number mean.</summary>
    private const string Windows1252 = "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>Reads the reference that begins at an ampersand.</summary>
    /// <param name="text">From the ampersand on.</param>
    /// <param name="into">Takes one or two code points, up to 4 units.</param>
    /// <param name="written">Units written.</param>
    /// <returns>Characters read, or 0 where it is no reference but an ampersand.</returns>
    public static int Decode(ReadOnlySpan<char> text, Span<char> into, out int written)
    {
        written = 0;
        if (text.Length > 2 && text[1] == '#')
            return Number(text, into, out written);
        int end = 1;
        while (end < text.Length && end <= LongestName && char.IsAsciiLetterOrDigit(text[end]))
            end++;
        if (end < text.Length && text[end] == ';' && ByName.TryGetValue(text[1..end], out string? value))
        {
            value.CopyTo(into);
            written = value.Length;
            return end + 1;
        }
        // Old names count without a semicolon, the longest one first; "&copy=1" in an address is none of them.
        if (end < text.Length && text[end] == '=')
            return 0;
        for (int length = Math.Min(end - 1, 6); length >= 2; length--)
        {
            if (!IsBare.Contains(text.Slice(1, length)))
                continue;
            value = ByName[text.Slice(1, length)];
            value.CopyTo(into);
            written = value.Length;
            return 1 + length;
        }
        return 0;
    }

    /// <summary>Decodes an attribute's value or another short text.</summary>
    public static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('&'))
            return text.ToString();
        var result = new System.Text.StringBuilder(text.Length);
        Span<char> units = stackalloc char[4];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '&' && Decode(text[i..], units, out int written) is > 0 and int read)
            {
                result.Append(units[..written]);
                i += read - 1;
            }
            else
                result.Append(text[i]);
        }
        return result.ToString();
    }

    private static int Number(ReadOnlySpan<char> text, Span<char> into, out int written)
    {
        bool hexadecimal = (text[2] | 0x20) == 'x';
        int at = hexadecimal ? 3 : 2, first = at;
        int value = 0;
        for (; at < text.Length; at++)
        {
            int digit = char.IsAsciiDigit(text[at]) ? text[at] - '0' : hexadecimal && char.IsAsciiHexDigit(text[at]) ? (text[at] | 0x20) - 'a' + 10 : -1;
            if (digit < 0)
                break;
            // Stays above the last code point once there, however many digits follow.
            value = Math.Min(value * (hexadecimal ? 16 : 10) + digit, 0x110000);
        }
        written = 0;
        if (at == first)
            return 0;
        if (at < text.Length && text[at] == ';')
            at++;
        if (value is >= 0x80 and <= 0x9F)
            value = Windows1252[value - 0x80];
        var rune = value is 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) ? System.Text.Rune.ReplacementChar : new System.Text.Rune(value);
        written = rune.EncodeToUtf16(into);
        return at;
    }

    private static FrozenDictionary<string, string> Read()
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string entry in HtmlEntityNames.All.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            names[entry[..equals]] = string.Concat(entry[(equals + 1)..].Split('+').Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
        }
        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
