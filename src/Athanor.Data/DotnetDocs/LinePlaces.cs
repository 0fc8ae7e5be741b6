namespace Athanor.Data.DotnetDocs;

/// <summary>Turns lines and columns, as XML readers count them, into bytes from a file's beginning.</summary>
internal sealed class LinePlaces
{
    private readonly byte[] _utf8;
    private readonly List<int> _starts = [0];

    // A file without line ends is one long line, which is not to be counted from its beginning again and again.
    private int _line, _units, _at;

    public LinePlaces(byte[] utf8)
    {
        _utf8 = utf8;
        if (utf8.AsSpan().StartsWith("\uFEFF"u8))
            _starts[0] = 3;
        for (int i = 0; i < utf8.Length; i++)
        {
            int found = utf8.AsSpan(i).IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
                break;
            i += found;
            if (utf8[i] == '\r' && i + 1 < utf8.Length && utf8[i + 1] == '\n')
                i++;
            _starts.Add(i + 1);
        }
    }

    /// <summary>The byte of a column.</summary>
    /// <param name="line">From 1.</param>
    /// <param name="column">From 1, in UTF-16 code units.</param>
    public long Offset(int line, int column)
    {
        if (line < 1 || line > _starts.Count)
            return 0;
        (int at, int units) = line == _line && column >= _units ? (_at, _units) : (_starts[line - 1], 1);
        for (; units < column && at < _utf8.Length; at++)
        {
            // A character counts at its first byte, and twice where it takes four.
            if ((_utf8[at] & 0xC0) != 0x80)
                units += _utf8[at] >= 0xF0 ? 2 : 1;
        }
        while (at < _utf8.Length && (_utf8[at] & 0xC0) == 0x80)
            at++;
        (_line, _units, _at) = (line, units, at);
        return at;
    }
}
