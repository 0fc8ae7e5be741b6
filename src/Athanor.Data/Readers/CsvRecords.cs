using System.Buffers;

namespace Athanor.Data.Readers;

/// <summary>
/// Cuts a stream into records of fields by RFC 4180: fields in quotes may hold separators, line ends and doubled quotes. A quote within a bare field is a character. A
/// record that is too long, or whose quote has no end within the limit, is passed over to the next line end behind its beginning.
/// </summary>
internal sealed class CsvRecords(Stream stream, byte separator, bool quotes, int longest)
{
    private readonly ArrayBufferWriter<byte> _text = new(1 << 12);
    private readonly List<(int Start, int Length)> _fields = [];
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>The byte at which the record begins.</summary>
    public long Offset { get; private set; }

    /// <summary>The byte at which the next record begins.</summary>
    public long Next { get; private set; }

    /// <summary>Whether the record is too long; it has no fields then.</summary>
    public bool TooLong { get; private set; }

    /// <summary>Whether the file ends within quotes.</summary>
    public bool Unended { get; private set; }

    /// <summary>Number of fields.</summary>
    public int Count => _fields.Count;

    /// <summary>A field's bytes, its quotes taken off.</summary>
    public ReadOnlySpan<byte> this[int field] => _text.WrittenSpan.Slice(_fields[field].Start, _fields[field].Length);

    /// <summary>Begins at a record's beginning.</summary>
    public void Begin(long offset) => Offset = Next = offset;

    /// <summary>Goes to the next record; lines without a byte are none.</summary>
    public bool Move()
    {
        while (Fill(1))
        {
            Offset = Next;
            (TooLong, Unended) = (false, false);
            _text.ResetWrittenCount();
            _fields.Clear();
            int at = Offset == 0 && Fill(3) && _buffer.AsSpan(_start, 3).SequenceEqual("\uFEFF"u8) ? 3 : 0;
            bool more = true;
            while (more)
                more = Field(ref at);
            if (TooLong)
                at = LineEnd();
            Next += at;
            _start += at;
            if (TooLong || _fields.Count > 1 || _fields[0].Length > 0)
                return true;
        }
        return false;
    }

    /// <summary>Takes a field; false at the record's end.</summary>
    private bool Field(ref int at)
    {
        int begin = _text.WrittenCount;
        if (quotes && Fill(at + 1) && _buffer[_start + at] == '"')
        {
            at++;
            while (true)
            {
                int close = Find(at, (byte)'"', (byte)'"');
                if (TooLong)
                    return false;
                _text.Write(_buffer.AsSpan(_start + at, (close < 0 ? _end - _start : close) - at));
                if (close < 0)
                {
                    at = _end - _start;
                    Unended = true;
                    break;
                }
                at = close + 1;
                if (!Fill(at + 1) || _buffer[_start + at] != '"')
                    break;
                _text.Write("\""u8);
                at++;
            }
        }
        // The bare field, or what stands wrongly behind a quoted one.
        int end = Find(at, separator, (byte)'\n');
        if (TooLong)
            return false;
        int stop = end < 0 ? _end - _start : end;
        bool line = end < 0 || _buffer[_start + end] == '\n';
        _text.Write(line ? _buffer.AsSpan(_start + at, stop - at).TrimEnd((byte)'\r') : _buffer.AsSpan(_start + at, stop - at));
        _fields.Add((begin, _text.WrittenCount - begin));
        at = end < 0 ? stop : end + 1;
        return !line;
    }

    private int Find(int from, byte one, byte other)
    {
        int searched = from;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOfAny(one, other);
            if (at >= 0)
                return searched + at;
            searched = _end - _start;
            if (searched > longest)
            {
                TooLong = true;
                _fields.Clear();
                return -1;
            }
            if (!Fill(searched + 1))
                return -1;
        }
    }

    /// <summary>Passes over what is held up to the first line end, so that one quote too many does not cost the rest of the file.</summary>
    private int LineEnd()
    {
        int at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        while (at < 0)
        {
            Next += _end - _start;
            _start = _end;
            if (!Fill(1))
                return 0;
            at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        }
        return at + 1;
    }

    private bool Fill(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (_ended)
                return false;
            if (_end == _buffer.Length)
            {
                byte[] to = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
                _buffer.AsSpan(_start, _end - _start).CopyTo(to);
                (_buffer, _start, _end) = (to, 0, _end - _start);
            }
            int read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _ended = read == 0;
        }
        return true;
    }
}
