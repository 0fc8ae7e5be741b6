using System.Text;

namespace Athanor.Data.Warc;

/// <summary>Names and values at the head of a WARC record or an HTTP response. Names are found in any case; of several the first counts.</summary>
internal sealed class WarcHeader
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>The line before the fields: <c>WARC/1.0</c>, <c>HTTP/1.1 200 OK</c>.</summary>
    public string First { get; private set; } = "";

    /// <summary>A field's value, or an empty text.</summary>
    public string this[string name]
    {
        get
        {
            foreach (KeyValuePair<string, string> field in _fields)
            {
                if (field.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return field.Value;
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
        foreach (Range range in bytes.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = bytes[range].TrimEnd(" \t\r"u8);
            if (first)
                (header.First, first) = (Text(line), false);
            else if (line.Length > 0 && line[0] is (byte)' ' or (byte)'\t' && header._fields.Count > 0)
            {
                (string name, string value) = header._fields[^1];
                header._fields[^1] = new(name, value + ' ' + Text(line.Trim(" \t"u8)));
            }
            else if (line.IndexOf((byte)':') is > 0 and int colon)
                header._fields.Add(new(Text(line[..colon].Trim(" \t"u8)), Text(line[(colon + 1)..].Trim(" \t"u8))));
        }
        return header;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
