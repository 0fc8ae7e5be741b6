using System.Buffers.Binary;
using System.IO.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Compression;

/// <summary>
/// Reads a gzip file (RFC 1952) member by member and knows at which byte each begins and ends, which the class library does not tell: a member ends where, in the bytes
/// that were last handed to the decompressor, its checksum and length stand. Both are thereby checked.
/// </summary>
internal sealed class GzipMembers : IDisposable
{
    private const int Chunk = 8192, LargestWindow = 1 << 18, Margin = 32, LongestHeader = 1 << 17;
    private readonly Stream _file;
    private readonly byte[] _buffer;
    private readonly Feed _feed;
    private DeflateStream? _inflate;
    private int _start, _end, _handed;
    private long _bufferOffset;
    private uint _crc;
    private bool _fileEnded;

    public GzipMembers(Stream file, long position)
    {
        (_file, _feed) = (file, new Feed(this));
        // Of small files all of it, and a little that shows where it ends.
        _buffer = new byte[(int)Math.Clamp(file.Length - position + Margin, Chunk + 2 * Margin, LargestWindow)];
        Seek(position);
    }

    private int Window => _buffer.Length;

    /// <summary>The byte at which the member begins.</summary>
    public long Start { get; private set; }

    /// <summary>The byte behind what was handed to the decompressor; behind the member once it was read whole.</summary>
    public long Position => _bufferOffset + _start;

    /// <summary>Bytes of the member unpacked so far.</summary>
    public long Unpacked { get; private set; }

    /// <summary>Goes to any byte of the file, at which a member must begin.</summary>
    public void Seek(long position)
    {
        _inflate?.Dispose();
        _inflate = null;
        if (position >= _bufferOffset && position <= _bufferOffset + _end)
            _start = (int)(position - _bufferOffset);
        else
        {
            _file.Position = position;
            (_bufferOffset, _start, _end, _fileEnded) = (position, 0, 0, false);
        }
        _handed = _start;
    }

    /// <summary>Goes to the member that begins here; false at the end of the file. Zeros at the end are padding.</summary>
    /// <exception cref="ReadStopException">No member begins here.</exception>
    public bool Next()
    {
        _inflate?.Dispose();
        _inflate = null;
        Start = Position;
        if (Need(1) && _buffer[_start] == 0)
            SkipZeros();
        if (!Need(1))
            return false;
        Start = Position;
        int header = Header();
        _start += header;
        (_crc, Unpacked, _handed) = (0, 0, _start);
        _inflate = new DeflateStream(_feed, CompressionMode.Decompress);
        return true;
    }

    /// <summary>Reads on in the member; 0 at its end.</summary>
    /// <exception cref="ReadStopException">The member is damaged or the file ends within it.</exception>
    public int Read(Span<byte> bytes)
    {
        if (_inflate is null || bytes.IsEmpty)
            return 0;
        int read;
        try
        {
            read = _inflate.Read(bytes);
        }
        catch (InvalidDataException e)
        {
            throw new ReadStopException(ReadProblemKind.Damaged, Start, "the gzip member's data contradicts itself", e);
        }
        if (read == 0)
            Finish();
        _crc = Crc32.Append(_crc, bytes[..read]);
        Unpacked += read;
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
        _inflate?.Dispose();
        _file.Dispose();
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
            length += 2 + (Need(length + 2) ? BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(_start + length)) : Window);
        for (int text = flags & 0x18; text != 0; text &= text - 1)
        {
            int zero = -1;
            if (Need(Math.Min(length + LongestHeader, Window)) || Need(length + 1))
                zero = _buffer.AsSpan(_start + length, Math.Min(_end - _start - length, LongestHeader)).IndexOf((byte)0);
            length += zero < 0 ? Window : zero + 1;
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

    /// <summary>Finds the trailer of a member whose data is at its end.</summary>
    private void Finish()
    {
        _inflate!.Dispose();
        _inflate = null;
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)Unpacked);
        Need(Margin);
        int handedEnd = _start;
        int from = _handed, found = -1;
        while (from <= handedEnd && from + 8 <= _end && _buffer.AsSpan(from, Math.Min(_end, handedEnd + 8) - from).IndexOf(trailer) is >= 0 and int at)
        {
            found = from + at + 8;
            // Of several, the one with another member or the file's end behind it.
            if (found == _end || _buffer[found] is 0x1F or 0)
                break;
            from = found - 7;
        }
        if (found < 0)
            throw _fileEnded && handedEnd == _end ? Stop(ReadProblemKind.Truncated, "the file ends within a gzip member") : Stop(ReadProblemKind.Damaged, "the gzip member's checksum or length is wrong");
        _start = found;
    }

    /// <summary>Whether so many bytes are there from the current one on. What was last handed out stays in the buffer.</summary>
    private bool Need(int bytes)
    {
        if (_end - _start >= bytes)
            return true;
        if (_fileEnded || bytes > Window)
            return false;
        int keep = Math.Max(0, Math.Min(_handed, _start));
        if (_start + bytes > Window || _end == Window)
        {
            if (_start - keep + bytes > Window)
                keep = _start;
            _buffer.AsSpan(keep, _end - keep).CopyTo(_buffer);
            (_start, _end, _handed, _bufferOffset) = (_start - keep, _end - keep, _handed - keep, _bufferOffset + keep);
        }
        while (_end - _start < bytes)
        {
            int read = _file.Read(_buffer, _end, Window - _end);
            _end += read;
            if (_fileEnded = read == 0)
                return false;
        }
        return true;
    }

    private int HandOut(Span<byte> bytes)
    {
        _handed = _start;
        if (!Need(Chunk))
            Need(1);
        int count = Math.Min(Math.Min(Chunk, bytes.Length), _end - _start);
        _handed = _start;
        _buffer.AsSpan(_start, count).CopyTo(bytes);
        _start += count;
        return count;
    }

    /// <summary>The file as the decompressor sees it.</summary>
    private sealed class Feed(GzipMembers members) : UnpackedStream
    {
        public override int Read(Span<byte> buffer) => members.HandOut(buffer);
    }
}
