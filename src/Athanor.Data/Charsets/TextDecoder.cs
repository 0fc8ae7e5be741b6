using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Athanor.Data.Charsets;

/// <summary>A text with the encoding that it was in.</summary>
/// <param name="Text">The text, without a byte-order mark.</param>
/// <param name="Charset">The encoding's name.</param>
/// <param name="Valid">Whether all bytes are valid in it; U+FFFD stands for those that are not.</param>
internal readonly record struct DecodedText(string Text, string Charset, bool Valid);

/// <summary>
/// Decodes bytes of unknown encoding. In this order: a byte-order mark; UTF-8 where all of it is; what was declared outside; what the page declares itself; a guess.
/// A declaration that the bytes contradict is not believed.
/// </summary>
internal static class TextDecoder
{
    private const int MetaWindow = 4096;
    private static readonly SearchValues<char> ValueEnds = SearchValues.Create(" \t\r\n\"';/>?");
    private static readonly UTF8Encoding Utf8Text = new(false);

    /// <summary>ASCII without NUL, which is frequent in UTF-16, and escape, which changes tables in ISO 2022: most pages have nothing else, or nothing else up to the first letter beyond ASCII.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(1, 127).Where(code => code != 0x1B).Select(code => (byte)code)]);

    /// <summary>Decodes a page or file.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="declared">A charset from outside, such as an HTTP header; may be empty.</param>
    /// <param name="markup">Whether the bytes may declare their charset themselves, as HTML and XML do.</param>
    public static DecodedText Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<char> declared, bool markup) => Decode(bytes, declared, markup, out _);

    /// <summary>Decodes a page or file, and tells whether the text is known to have no NUL characters.</summary>
    public static DecodedText Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<char> declared, bool markup, out bool withoutNul)
    {
        withoutNul = false;
        if (bytes.StartsWith("\uFEFF"u8))
            return FromUtf8(bytes[3..]);
        if (bytes.StartsWith([(byte)0xFF, (byte)0xFE]) || bytes.StartsWith([(byte)0xFE, (byte)0xFF]))
            return With(CharsetLabels.Find(bytes[0] == 0xFF ? "utf-16le" : "utf-16be")!, bytes[2..]);
        int other = bytes.IndexOfAnyExcept(Plain);
        withoutNul = other < 0;
        if (withoutNul)
            return new DecodedText(string.Create(bytes.Length, bytes, static (text, bytes) => Ascii.ToUtf16(bytes, text, out _)), "utf-8", true);
        withoutNul = !bytes[other..].Contains((byte)0);
        if (!bytes[other..].Contains((byte)0x1B) && (withoutNul || Utf8IsLikely(bytes)) && Utf8.IsValid(bytes[other..]))
            return new DecodedText(Utf8Text.GetString(bytes), "utf-8", true);
        withoutNul = false;
        Charset? header = CharsetLabels.Find(declared), meta = markup ? Declared(bytes) : null;
        DecodedText? contradicted = null;
        foreach (Charset? charset in (ReadOnlySpan<Charset?>)[header, meta])
        {
            if (charset is null)
                continue;
            DecodedText decoded = With(charset, bytes);
            if (decoded.Valid || IsNearlyValid(decoded.Text))
                return decoded;
            contradicted ??= decoded;
        }
        if (bytes.IndexOf("\x1b$B"u8) >= 0 || bytes.IndexOf("\x1b$@"u8) >= 0)
            return With(CharsetLabels.Find("iso-2022-jp")!, bytes);
        if (Utf8.IsValid(bytes) && Utf8IsLikely(bytes))
            return FromUtf8(bytes);
        if (Wide(bytes) is { } wide)
            return With(wide, bytes);
        DecodedText utf8 = FromUtf8(bytes);
        if (IsNearlyValid(utf8.Text))
            return utf8;
        DecodedText guess = With(CharsetDetector.Detect(bytes), bytes);
        return guess.Valid || contradicted is null ? guess : contradicted.Value;
    }

    /// <summary>NUL bytes in every second place are UTF-16, though valid UTF-8.</summary>
    private static bool Utf8IsLikely(ReadOnlySpan<byte> bytes) => bytes[..Math.Min(bytes.Length, 64)].IndexOf((byte)0) < 0 || Wide(bytes) is null;

    private static Charset? Wide(ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(bytes.Length, 1024) & ~1, even = 0, odd = 0;
        for (int i = 0; i < length; i += 2)
        {
            even += bytes[i] == 0 ? 1 : 0;
            odd += bytes[i + 1] == 0 ? 1 : 0;
        }
        if (length < 4)
            return null;
        return odd * 4 > length && even * 20 < length ? CharsetLabels.Find("utf-16le") : even * 4 > length && odd * 20 < length ? CharsetLabels.Find("utf-16be") : null;
    }

    /// <summary>At most a thousandth of the characters and a quarter of those beyond ASCII are none: a page with a scratch, not one in another encoding.</summary>
    private static bool IsNearlyValid(string text)
    {
        int wrong = text.AsSpan().Count('\uFFFD');
        if (wrong > text.Length / 1000 + 1)
            return false;
        int beyond = 0;
        foreach (char c in text)
            beyond += c >= 0x80 ? 1 : 0;
        return wrong * 4 <= beyond;
    }

    private static DecodedText FromUtf8(ReadOnlySpan<byte> bytes) => new(Utf8Text.GetString(bytes), "utf-8", Utf8.IsValid(bytes));

    private static DecodedText With(Charset charset, ReadOnlySpan<byte> bytes)
    {
        if (charset.Name == "utf-8")
            return FromUtf8(bytes);
        string text = charset.Encoding.GetString(bytes);
        return new DecodedText(text, charset.Name, !text.Contains('\uFFFD', StringComparison.Ordinal));
    }

    /// <summary>The charset that a page's beginning declares: <c>&lt;meta charset&gt;</c>, <c>&lt;meta http-equiv&gt;</c>, <c>&lt;?xml encoding?&gt;</c>.</summary>
    private static Charset? Declared(ReadOnlySpan<byte> bytes)
    {
        string head = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MetaWindow)]);
        if (head.StartsWith("<?xml", StringComparison.Ordinal) && head.IndexOf("?>", StringComparison.Ordinal) is > 0 and int end && Value(head.AsSpan(0, end), "encoding") is { } xml)
            return NotWide(xml);
        for (int at = 0; (at = head.IndexOf("<meta", at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            int close = head.IndexOf('>', at);
            if (Value(head.AsSpan(at, (close < 0 ? head.Length : close) - at), "charset") is { } found)
                return NotWide(found);
        }
        return null;
    }

    /// <summary>Who could read the declaration did not read UTF-16.</summary>
    private static Charset NotWide(Charset charset) => charset.Name.StartsWith("utf-16", StringComparison.Ordinal) ? CharsetLabels.Find("utf-8")! : charset;

    private static Charset? Value(ReadOnlySpan<char> tag, string name)
    {
        int at = tag.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return null;
        ReadOnlySpan<char> value = tag[(at + name.Length)..].TrimStart();
        if (value.IsEmpty || value[0] != '=')
            return null;
        value = value[1..].TrimStart(" \t\r\n\"'");
        int end = value.IndexOfAny(ValueEnds);
        return CharsetLabels.Find(end < 0 ? value : value[..end]);
    }
}
