namespace Athanor.Data.Readers;

/// <summary>Cuts a stream into lines as bytes. Memory holds one line of at most the longest length; what is longer is passed over without being held.</summary>
/// <param name="stream">The bytes.</param>
/// <param name="offset">Where the stream begins in its file.</param>
/// <param name="longest">Bytes of the longest line that is read.</param>
/// <param name="expected">About how many bytes there are, so that small files get small buffers.</param>
internal sealed class BoundedLines(Stream stream, long offset, int longest, long expected)
{
    private const int Block = 1 << 18, Smallest = 1 << 12;
    private byte[] _buffer = new byte[Math.Clamp(expected, Smallest, Block)];
    private int _start, _end;
    private bool _ended;

    /// <summary>The byte at which the line begins.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The byte at which the line after it begins.</summary>
    public long Next { get; private set; } = offset;

    /// <summary>Whether the line was longer than the limit; it is empty then.</summary>
    public bool TooLong { get; private set; }

    /// <summary>The line without its feed; valid until the next move.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Goes to the next line, if there is one.</summary>
    public bool Move()
    {
        (Offset, TooLong) = (Next, false);
        int searched = _start;
        while (true)
        {
            int at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
                return Take(searched + at, 1);
            searched = _end;
            if (_ended)
                return _start < _end && Take(_end, 0);
            if (_end - _start > longest)
                return Pass();
            searched -= Room();
            Fill();
        }
    }

    private bool Take(int end, int feed)
    {
        Line = _buffer.AsMemory(_start, end - _start);
        Next = Offset + end - _start + feed;
        _start = end + feed;
        if (Line.Length > longest)
            (Line, TooLong) = (default, true);
        else if (Offset == 0 && Line.Span.StartsWith("\uFEFF"u8))
            (Line, Offset) = (Line[3..], 3);
        return true;
    }

    /// <summary>Goes to the end of a line that is too long.</summary>
    private bool Pass()
    {
        (Line, TooLong) = (default, true);
        Next = Offset + _end - _start;
        while (!_ended)
        {
            (_start, _end) = (0, 0);
            Fill();
            int at = _buffer.AsSpan(0, _end).IndexOf((byte)'\n');
            _start = at < 0 ? _end : at + 1;
            Next += _start;
            if (at >= 0)
                break;
        }
        return true;
    }

    /// <summary>Makes room behind the bytes; returns by how much they moved.</summary>
    private int Room()
    {
        int moved = _start;
        if (moved > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - moved);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        return moved;
    }

    private void Fill()
    {
        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
    }
}
