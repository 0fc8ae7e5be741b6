using System.Buffers;
using System.Buffers.Binary;
using Athanor.Data.Readers;

namespace Athanor.Data.Compression;

/// <summary>Reads a gzip file (RFC 1952) member by member, knows at which byte each begins and ends, and checks their checksums and lengths.</summary>
internal sealed class GzipMembers : IDisposable
{
    private const int LargestWindow = 1 << 18, Margin = 32, LongestHeader = 1 << 17;
    private readonly Stream _file;
    private readonly Inflater _inflater = new();
    private readonly int _window;
    private byte[] _buffer;
    private ReadOnlyMemory<byte> _fresh;
    private bool _inside, _fileEnded;
    private int _start, _end;
    private long _bufferOffset;
    private uint _crc;

    public GzipMembers(Stream file, long position)
    {
        _file = file;
        // Of small files all of it, and a little that shows where it ends.
        _window = (int)Math.Clamp(file.Length - position + Margin, 2 * Inflater.Least, LargestWindow);
        _buffer = ArrayPool<byte>.Shared.Rent(_window);
        Seek(position);
    }

    /// <summary>The byte at which the member begins.</summary>
    public long Start { get; private set; }

    /// <summary>The byte behind what was unpacked so far; behind the member once it was read whole.</summary>
    public long Position => _bufferOffset + _start;

    /// <summary>Bytes of the member unpacked so far.</summary>
    public long Unpacked { get; private set; }

    /// <summary>Goes to any byte of the file, at which a member must begin.</summary>
    public void Seek(long position)
    {
        _inside = false;
        if (position >= _bufferOffset && position <= _bufferOffset + _end)
            _start = (int)(position - _bufferOffset);
        else
        {
            _file.Position = position;
            (_bufferOffset, _start, _end, _fileEnded) = (position, 0, 0, false);
        }
    }

    /// <summary>Goes to the member that begins here; false at the end of the file. Zeros at the end are padding.</summary>
    /// <exception cref="ReadStopException">No member begins here.</exception>
    public bool Next()
    {
        _inside = false;
        Start = Position;
        if (Need(1) && _buffer[_start] == 0)
            SkipZeros();
        if (!Need(1))
            return false;
        Start = Position;
        // Reading it may move the buffer's content, and the place with it.
        int header = Header();
        _start += header;
        (_crc, Unpacked, _fresh, _inside) = (0, 0, default, true);
        _inflater.Reset();
        return true;
    }

    /// <summary>Reads on in the member; 0 at its end.</summary>
    /// <exception cref="ReadStopException">The member is damaged or the file ends within it.</exception>
    public int Read(Span<byte> bytes)
    {
        if (!_inside || bytes.IsEmpty)
            return 0;
        while (_fresh.IsEmpty)
        {
            if (_inflater.Ended)
            {
                _inside = false;
                Finish();
                return 0;
            }
            if (_inflater.Damaged)
                throw Stop(ReadProblemKind.Damaged, "the gzip member's data contradicts itself");
            if (_inflater.Truncated)
                throw Stop(ReadProblemKind.Truncated, "the file ends within a gzip member");
            bool last = !Need(Inflater.Least);
            _fresh = _inflater.Run(_buffer.AsSpan(_start, _end - _start), last, bytes.Length, out int consumed);
            _start += consumed;
            _crc = Crc32.Append(_crc, _fresh.Span);
            Unpacked += _fresh.Length;
        }
        int read = Math.Min(bytes.Length, _fresh.Length);
        _fresh.Span[..read].CopyTo(bytes);
        _fresh = _fresh[read..];
        return read;
    }

    /// <summary>Goes to the first member from a byte on whose content begins with a prefix, and leaves the reader before it.</summary>
    public bool Find(long from, ReadOnlySpan<byte> prefix)
    {
        Span<byte> begin = stackalloc byte[prefix.Length];
        Seek(from);
        while (Need(Margin) || Need(3))
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf([(byte)0x1F, (byte)0x8B, (byte)8]);
            if (at < 0)
            {
                _start = Math.Max(_start, _end - 2);
                if (_fileEnded)
                    return false;
                Need(Margin);
                continue;
            }
            _start += at;
            long candidate = Position;
            if (Begins(begin) && begin.SequenceEqual(prefix))
            {
                Seek(candidate);
                return true;
            }
            Seek(candidate + 1);
        }
        return false;
    }

    public void Dispose()
    {
        _inflater.Dispose();
        _file.Dispose();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end, _fileEnded, _inside) = ([], 0, 0, true, false);
    }

    private bool Begins(Span<byte> bytes)
    {
        try
        {
            if (!Next())
                return false;
            while (bytes.Length > 0 && Read(bytes) is > 0 and int read)
                bytes = bytes[read..];
            return bytes.Length == 0;
        }
        catch (ReadStopException)
        {
            return false;
        }
    }

    /// <summary>The header's length. Name, comment and extra field are passed over.</summary>
    private int Header()
    {
        if (!Need(10))
            throw Stop(ReadProblemKind.Truncated, "the file ends within a gzip header");
        ReadOnlySpan<byte> head = _buffer.AsSpan(_start, 10);
        if (!head.StartsWith([(byte)0x1F, (byte)0x8B, (byte)8]) || (head[3] & 0xE0) != 0)
            throw Stop(ReadProblemKind.Damaged, "no gzip member begins here");
        int flags = head[3], length = 10;
        if ((flags & 4) != 0)
            length += 2 + (Need(length + 2) ? BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(_start + length)) : _window);
        for (int text = flags & 0x18; text != 0; text &= text - 1)
        {
            int zero = -1;
            if (Need(Math.Min(length + LongestHeader, _window)) || Need(length + 1))
                zero = _buffer.AsSpan(_start + length, Math.Min(_end - _start - length, LongestHeader)).IndexOf((byte)0);
            length += zero < 0 ? _window : zero + 1;
        }
        length += (flags & 2) != 0 ? 2 : 0;
        return Need(length) ? length : throw Stop(ReadProblemKind.Truncated, "the file ends within a gzip header");
    }

    private ReadStopException Stop(ReadProblemKind kind, string detail) => new(kind, Start, detail);

    private void SkipZeros()
    {
        while (Need(1))
        {
            int other = _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept((byte)0);
            _start = other < 0 ? _end : _start + other;
            if (other >= 0)
                return;
        }
    }

    /// <summary>Checks what stands behind the data.</summary>
    private void Finish()
    {
        if (!Need(8))
            throw Stop(ReadProblemKind.Truncated, "the file ends within a gzip member");
        ReadOnlySpan<byte> trailer = _buffer.AsSpan(_start, 8);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _crc || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != (uint)Unpacked)
            throw Stop(ReadProblemKind.Damaged, "the gzip member's checksum or length is wrong");
        _start += 8;
    }

    /// <summary>Whether so many bytes are there from the current one on.</summary>
    private bool Need(int bytes)
    {
        if (_end - _start >= bytes)
            return true;
        if (_fileEnded || bytes > _window)
            return false;
        if (_start + bytes > _window || _end == _window)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end, _bufferOffset) = (0, _end - _start, _bufferOffset + _start);
        }
        while (_end - _start < bytes)
        {
            int read = _file.Read(_buffer, _end, _window - _end);
            _end += read;
            if (_fileEnded = read == 0)
                return false;
        }
        return true;
    }
}
