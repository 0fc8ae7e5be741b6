using System.Text;

namespace Athanor.Data.Warc;

/// <summary>Names and values at the head of a WARC record or an HTTP response. Names are found in any case; of several the first counts.</summary>
internal sealed class WarcHeader
{
    // Of a head's many fields a few are asked for: only those become texts.
    private readonly List<(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value)> _fields = [];

    /// <summary>The line before the fields: <c>WARC/1.0</c>, <c>HTTP/1.1 200 OK</c>.</summary>
    public string First { get; private set; } = "";

    /// <summary>A field's value, or an empty text.</summary>
    public string this[string name]
    {
        get
        {
            foreach ((ReadOnlyMemory<byte> field, ReadOnlyMemory<byte> value) in _fields)
            {
                if (Ascii.EqualsIgnoreCase(field.Span, name))
                    return Text(value.Span);
            }
            return "";
        }
    }

    /// <summary>Finds the end of a head: the byte behind its blank line, or -1. Line feeds alone end lines too.</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and int feed)
        {
            at += feed + 1;
            if (at < bytes.Length && bytes[at] == '\n')
                return at + 1;
            if (at + 1 < bytes.Length && bytes[at] == '\r' && bytes[at + 1] == '\n')
                return at + 2;
        }
        return -1;
    }

    /// <summary>Reads a head; lines that are no fields are passed over, lines that begin with white space go on with the field before.</summary>
    public static WarcHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var header = new WarcHeader();
        bool first = true;
        ReadOnlyMemory<byte> copy = bytes.ToArray();
        foreach (Range range in bytes.Split((byte)'\n'))
        {
            ReadOnlyMemory<byte> line = copy[range].TrimEnd(" \t\r"u8);
            if (first)
                (header.First, first) = (Text(line.Span), false);
            else if (line.Length > 0 && line.Span[0] is (byte)' ' or (byte)'\t' && header._fields.Count > 0)
            {
                (ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) = header._fields[^1];
                header._fields[^1] = (name, (byte[])[.. value.Span, (byte)' ', .. line.Span.Trim(" \t"u8)]);
            }
            else if (line.Span.IndexOf((byte)':') is > 0 and int colon)
                header._fields.Add((line[..colon].Trim(" \t"u8), line[(colon + 1)..].Trim(" \t"u8)));
        }
        return header;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
