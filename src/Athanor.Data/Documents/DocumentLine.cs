using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Athanor.Data.Documents;

/// <summary>
/// Reads a line in the very form in which documents are written: no white space, known keys, texts for values. Anything else is left to the general reader, which also knows what is wrong with it.
/// Texts are searched for quotes and backslashes with vectors, runs between escapes are copied whole.
/// </summary>
internal ref struct DocumentLine(ReadOnlySpan<byte> line)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(number => (byte)number)]);
    private readonly ReadOnlySpan<byte> _line = line;
    private int _at;

    /// <summary>The document, or null where the line is of another form.</summary>
    /// <param name="file">Where the line stands, for documents that do not say who they are; null leaves those to the general reader.</param>
    /// <param name="offset">The byte of the file.</param>
    public static Document? TryParse(ReadOnlySpan<byte> line, string? file = null, long offset = 0)
    {
        if (line.Length > 0 && line[^1] == '\r')
            line = line[..^1];
        return Utf8.IsValid(line) ? new DocumentLine(line).Document(file, offset) : null;
    }

    private Document? Document(string? place, long offset)
    {
        string? id = null, text = null, source = null;
        Dictionary<string, string>? metadata = null;
        DocumentOrigin? origin = null;
        if (!Skip("{"u8))
            return null;
        do
        {
            bool known = Skip("\"text\":\""u8) ? text is null && (text = String()) is not null
                : Skip("\"id\":\""u8) ? id is null && (id = String()) is not null
                : Skip("\"source\":\""u8) ? source is null && (source = String()) is not null
                : Skip("\"metadata\":{"u8) ? metadata is null && Metadata(out metadata)
                : Skip("\"origin\":{\"file\":\""u8) && origin is null && Origin(out origin);
            if (!known)
                return null;
        }
        while (Skip(","u8));
        if (!Skip("}"u8) || _at != _line.Length || text is null || (place is null && (id is null || origin is null)))
            return null;
        return new Document(id ?? FormattableString.Invariant($"{place}@{offset}"), text)
        {
            Source = source ?? "",
            Metadata = metadata ?? Documents.Document.NoMetadata,
            Origin = origin ?? new DocumentOrigin(place!, offset),
        };
    }

    private bool Metadata(out Dictionary<string, string>? metadata)
    {
        metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        do
        {
            if (!Skip("\""u8) || String() is not { } name || !Skip(":\""u8) || String() is not { } value)
                return false;
            metadata[name] = value;
        }
        while (Skip(","u8));
        return Skip("}"u8);
    }

    private bool Origin(out DocumentOrigin? origin)
    {
        origin = null;
        if (String() is not { } file || !Skip(",\"offset\":"u8) || !Utf8Parser.TryParse(_line[_at..], out long offset, out int length))
            return false;
        // What this parser takes and JSON does not: a plus, leading zeros.
        ReadOnlySpan<byte> number = _line.Slice(_at, length).TrimStart((byte)'-');
        if (_line[_at] == '+' || (number.Length > 1 && number[0] == '0'))
            return false;
        _at += length;
        origin = new DocumentOrigin(file, offset);
        return Skip("}"u8);
    }

    private bool Skip(ReadOnlySpan<byte> expected)
    {
        if (!_line[_at..].StartsWith(expected))
            return false;
        _at += expected.Length;
        return true;
    }

    /// <summary>A text behind its opening quote; the place is then behind its closing one.</summary>
    private string? String()
    {
        ReadOnlySpan<byte> rest = _line[_at..];
        int end = rest.IndexOfAny(Special);
        if (end < 0)
            return null;
        if (rest[end] == '"')
        {
            _at += end + 1;
            return Encoding.UTF8.GetString(rest[..end]);
        }
        // Escapes are never shorter than what they stand for.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(rest.Length);
        try
        {
            int length = Unescape(rest, end, buffer);
            return length < 0 ? null : Encoding.UTF8.GetString(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int Unescape(ReadOnlySpan<byte> rest, int end, Span<byte> target)
    {
        int read = 0, written = 0;
        while (end >= 0)
        {
            rest.Slice(read, end).CopyTo(target[written..]);
            (read, written) = (read + end, written + end);
            if (rest[read] == '"')
            {
                _at += read + 1;
                return written;
            }
            if (rest[read] != '\\' || read + 1 >= rest.Length)
                return -1;
            byte plain = rest[read + 1] switch { (byte)'n' => 10, (byte)'"' => 34, (byte)'\\' => 92, (byte)'t' => 9, (byte)'r' => 13, (byte)'b' => 8, (byte)'f' => 12, (byte)'/' => 47, _ => 0 };
            if (plain != 0)
            {
                target[written++] = plain;
                read += 2;
            }
            else if (!Unicode(rest, ref read, target, ref written))
                return -1;
            end = rest[read..].IndexOfAny(Special);
        }
        return -1;
    }

    private static bool Unicode(ReadOnlySpan<byte> rest, ref int read, Span<byte> target, ref int written)
    {
        if (!Unit(rest, read, out char unit))
            return false;
        read += 6;
        Rune rune;
        if (char.IsHighSurrogate(unit))
        {
            if (!Unit(rest, read, out char low) || !Rune.TryCreate(unit, low, out rune))
                return false;
            read += 6;
        }
        else if (!Rune.TryCreate(unit, out rune))
            return false;
        written += rune.EncodeToUtf8(target[written..]);
        return true;
    }

    private static bool Unit(ReadOnlySpan<byte> rest, int at, out char unit)
    {
        unit = default;
        if (at + 6 > rest.Length || rest[at] != '\\' || rest[at + 1] != 'u')
            return false;
        int value = 0;
        for (int i = at + 2; i < at + 6; i++)
        {
            int digit = rest[i] is >= (byte)'0' and <= (byte)'9' ? rest[i] - '0' : (rest[i] | 0x20) is >= 'a' and <= 'f' ? (rest[i] | 0x20) - 'a' + 10 : -1;
            if (digit < 0)
                return false;
            value = value << 4 | digit;
        }
        unit = (char)value;
        return true;
    }
}
