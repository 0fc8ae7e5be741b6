using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Data.Warc;

/// <summary>Names and values at the head of a WARC record or an HTTP response. Names are found in any case; of several the first counts. One header serves all records of a file.</summary>
internal sealed class WarcHeader
{
    // Of a head's many fields a few are asked for: only those become texts.
    private readonly List<(Part Name, Part Value)> _fields = [];
    private byte[] _bytes = new byte[1 << 10];
    private int _length;
    private Part _first;

    /// <summary>The line before the fields: <c>WARC/1.0</c>, <c>HTTP/1.1 200 OK</c>.</summary>
    public ReadOnlySpan<byte> First => Bytes(_first);

    /// <summary>A field's value, or an empty text.</summary>
    public string this[string name] => Text(Find(name));

    /// <summary>A field's value in its bytes.</summary>
    public ReadOnlySpan<byte> Find(string name)
    {
        foreach ((Part field, Part value) in CollectionsMarshal.AsSpan(_fields))
        {
            if (field.Length == name.Length && Ascii.EqualsIgnoreCase(Bytes(field), name))
                return Bytes(value);
        }
        return [];
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

    /// <summary>Reads a head in place of the one before; lines that are no fields are passed over, lines that begin with white space go on with the field before.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        _fields.Clear();
        _length = 0;
        Append(bytes);
        _first = Line(0, bytes.Length, out int at);
        while (at < bytes.Length)
        {
            Part line = Line(at, bytes.Length, out at);
            if (line.Length == 0)
                continue;
            if (_bytes[line.Start] is (byte)' ' or (byte)'\t' && _fields.Count > 0)
                Continue(Trim(line));
            else if (Bytes(line).IndexOf((byte)':') is > 0 and int colon)
                _fields.Add((Trim(line with { Length = colon }), Trim(new Part(line.Start + colon + 1, line.Length - colon - 1))));
        }
    }

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>A line without its end and the white space before that.</summary>
    private Part Line(int start, int length, out int next)
    {
        int feed = _bytes.AsSpan(start, length - start).IndexOf((byte)'\n'), end = feed < 0 ? length : start + feed;
        next = end + 1;
        while (end > start && _bytes[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r')
            end--;
        return new Part(start, end - start);
    }

    private Part Trim(Part part)
    {
        int start = part.Start, end = part.Start + part.Length;
        while (start < end && _bytes[start] is (byte)' ' or (byte)'\t')
            start++;
        while (end > start && _bytes[end - 1] is (byte)' ' or (byte)'\t')
            end--;
        return new Part(start, end - start);
    }

    private void Continue(Part line)
    {
        (Part name, Part value) = _fields[^1];
        // A value that goes on moves behind the head, where it can grow.
        if (value.Start + value.Length != _length)
        {
            int start = _length;
            Append(Bytes(value));
            value = value with { Start = start };
        }
        Append(" "u8);
        Append(Bytes(line));
        _fields[^1] = (name, value with { Length = value.Length + 1 + line.Length });
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        byte[] from = _bytes;
        if (_bytes.Length < _length + bytes.Length)
            _bytes = new byte[Math.Max(_length + bytes.Length, 2 * _bytes.Length)];
        if (from != _bytes)
            from.AsSpan(0, _length).CopyTo(_bytes);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    private ReadOnlySpan<byte> Bytes(Part part) => _bytes.AsSpan(part.Start, part.Length);

    private readonly record struct Part(int Start, int Length);
}
