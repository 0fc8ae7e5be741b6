namespace Athanor.Data.Readers;

/// <summary>Cuts a JSON array of any length into its objects, by counting braces outside of strings. Memory holds one object; longer ones are passed over.</summary>
internal sealed class JsonArrayRecords(Stream stream, long offset, int longest)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>The byte at which the object begins.</summary>
    public long Offset { get; private set; }

    /// <summary>The byte behind the object.</summary>
    public long Next { get; private set; } = offset;

    /// <summary>Whether the object is too long; it is empty then.</summary>
    public bool TooLong { get; private set; }

    /// <summary>Whether the file ends within the object.</summary>
    public bool Unended { get; private set; }

    /// <summary>The object; valid until the next move.</summary>
    public ReadOnlyMemory<byte> Record { get; private set; }

    public bool Move()
    {
        (TooLong, Unended, Record) = (false, false, default);
        int at;
        while ((at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'{')) < 0)
        {
            Drop(_end - _start);
            if (!Fill())
                return false;
        }
        Drop(at);
        Offset = Next;
        int depth = 0, scanned = 0;
        bool text = false;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + scanned, _end - _start - scanned);
            int found = text ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny((byte)'"', (byte)'{', (byte)'}');
            if (found < 0 || (rest[found] == '\\' && found + 1 == rest.Length))
            {
                scanned = found < 0 ? _end - _start : scanned + found;
                if (scanned > longest)
                {
                    // What was passed over is dropped; an escape at the edge stays.
                    TooLong = true;
                    Drop(scanned);
                    scanned = 0;
                }
                if (Fill())
                    continue;
                Unended = true;
                Drop(_end - _start);
                return true;
            }
            byte mark = rest[found];
            scanned += found + (mark == '\\' ? 2 : 1);
            if (mark == '"')
                text = !text;
            else if (mark != '\\' && (depth += mark == '{' ? 1 : -1) == 0)
                break;
        }
        TooLong |= scanned > longest;
        Record = TooLong ? default : _buffer.AsMemory(_start, scanned);
        Drop(scanned);
        return true;
    }

    private void Drop(int bytes)
    {
        _start += bytes;
        Next += bytes;
    }

    private bool Fill()
    {
        if (_end == _buffer.Length)
        {
            byte[] to = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, _end - _start).CopyTo(to);
            (_buffer, _start, _end) = (to, 0, _end - _start);
        }
        int read = _ended ? 0 : stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
        return read > 0;
    }
}
