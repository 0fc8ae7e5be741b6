using System.Buffers.Binary;
using Athanor.Data.Readers;

namespace Athanor.Data.Compression;

/// <summary>
/// Unpacks Zstandard (RFC 8878): frames one behind the other, skippable ones passed over, checksums checked. Memory holds two windows of at most 128 MiB each, which is what
/// the zstd tool unpacks without being told to. Dictionaries are not supported.
/// </summary>
internal sealed class ZstdStream(Stream packed) : UnpackedStream
{
    private const uint Magic = 0xFD2FB528;
    private const long LargestWindow = 128 << 20;
    private readonly BufferedStream _input = new(packed, 1 << 16);
    private byte[] _block = new byte[1 << 10];
    private readonly ZstdBlock _decoder = new();
    private byte[] _output = [];
    private XxHash64? _hash;
    private int _window, _read, _end;
    private long _frameStart, _frameBytes, _declared, _taken;
    private bool _inFrame;

    public override int Read(Span<byte> buffer)
    {
        while (_read == _end && !buffer.IsEmpty)
        {
            if (!Advance())
                return 0;
        }
        int count = Math.Min(buffer.Length, _end - _read);
        _output.AsSpan(_read, count).CopyTo(buffer);
        _read += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private bool Advance()
    {
        try
        {
            if (!_inFrame)
                return Frame();
            Block();
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IndexOutOfRangeException or ArgumentException)
        {
            // Spans find lengths that lie; they are as much a fault of the file as what is checked by name.
            throw new ReadStopException(ReadProblemKind.Damaged, _frameStart, "the Zstandard frame contradicts itself: " + (e is InvalidDataException ? e.Message : "a length is wrong"), e);
        }
    }

    /// <summary>Reads a frame's header; false at the end of the file.</summary>
    private bool Frame()
    {
        Span<byte> head = stackalloc byte[14];
        _frameStart = _taken;
        int first = _input.ReadAtLeast(head[..4], 4, throwOnEndOfStream: false);
        _taken += first;
        if (first == 0)
            return false;
        if (first < 4)
            throw Truncated();
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if ((magic & 0xFFFFFFF0) == 0x184D2A50)
        {
            Fill(head[..4]);
            for (long skip = BinaryPrimitives.ReadUInt32LittleEndian(head); skip > 0;)
            {
                int part = (int)Math.Min(skip, _block.Length);
                Fill(_block.AsSpan(0, part));
                skip -= part;
            }
            return true;
        }
        if (magic != Magic)
            throw new InvalidDataException("no frame begins here");
        Fill(head[..1]);
        int descriptor = head[0];
        bool single = (descriptor & 32) != 0;
        int sizeBytes = (descriptor >> 6) is 0 ? (single ? 1 : 0) : 1 << (descriptor >> 6), dictionaryBytes = (descriptor & 3) == 3 ? 4 : descriptor & 3;
        if ((descriptor & 8) != 0)
            throw new InvalidDataException("a reserved bit is set");
        Fill(head[..((single ? 0 : 1) + dictionaryBytes + sizeBytes)]);
        ReadOnlySpan<byte> rest = head;
        long window = 0;
        if (!single)
        {
            window = (1L << (10 + (rest[0] >> 3))) / 8 * (8 + (rest[0] & 7));
            rest = rest[1..];
        }
        if (rest[..dictionaryBytes].ContainsAnyExcept((byte)0))
            throw new ReadStopException(ReadProblemKind.Unsupported, _frameStart, "the Zstandard frame was packed with a dictionary; unpack it with zstd -D and read the result");
        rest = rest[dictionaryBytes..];
        ulong declared = sizeBytes switch
        {
            0 => ulong.MaxValue,
            1 => rest[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(rest) + 256u,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(rest),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(rest),
        };
        if (single)
            window = (long)Math.Min(declared, long.MaxValue);
        if (window > LargestWindow)
            throw new ReadStopException(ReadProblemKind.Unsupported, _frameStart, $"the Zstandard frame needs a window of {window} bytes, more than {LargestWindow}; pack it anew without --long or --ultra");
        (_window, _declared, _frameBytes, _read, _end, _inFrame) = ((int)Math.Max(window, 1), (long)Math.Min(declared, long.MaxValue), 0, 0, 0, true);
        _hash = (descriptor & 4) != 0 ? new XxHash64() : null;
        _decoder.Begin();
        return true;
    }

    private void Block()
    {
        Span<byte> head = stackalloc byte[4];
        Fill(head[..3]);
        int word = head[0] | (head[1] << 8) | (head[2] << 16), kind = (word >> 1) & 3, size = word >> 3;
        if (kind == 3 || size > ZstdBlock.Largest)
            throw new InvalidDataException("a block's head is wrong");
        Room();
        int begin = _end;
        if (kind != 1 && _block.Length < size)
            _block = new byte[size];
        Fill(_block.AsSpan(0, kind == 1 ? 1 : size));
        switch (kind)
        {
            case 0:
                _block.AsSpan(0, size).CopyTo(_output.AsSpan(_end));
                _end += size;
                break;
            case 1:
                _output.AsSpan(_end, size).Fill(_block[0]);
                _end += size;
                break;
            default:
                _end = _decoder.Decode(_block.AsSpan(0, size), _output, _end, (int)Math.Min(_end, Math.Min(_window, _frameBytes)));
                break;
        }
        _frameBytes += _end - begin;
        _hash?.Append(_output.AsSpan(begin, _end - begin));
        if ((word & 1) != 0)
            End();
    }

    private void End()
    {
        _inFrame = false;
        if (_declared != long.MaxValue && _declared != _frameBytes)
            throw new InvalidDataException("the frame has another size than it says");
        if (_hash is null)
            return;
        Span<byte> sum = stackalloc byte[4];
        Fill(sum);
        if (BinaryPrimitives.ReadUInt32LittleEndian(sum) != (uint)_hash.Finish())
            throw new InvalidDataException("its checksum is wrong");
    }

    /// <summary>Makes room for a block behind what is there; all of it was read, but matches may refer to a window of it.</summary>
    private void Room()
    {
        int largest = Math.Min(_window, ZstdBlock.Largest);
        if (_output.Length - _end >= largest)
            return;
        int keep = Math.Min(_end, _window);
        byte[] to = _output;
        // It grows with what is unpacked, not with what the header says.
        if (_output.Length < 2L * _window)
            to = new byte[Math.Min(2L * _window, Math.Max(2L * _output.Length, 2L * largest))];
        _output.AsSpan(_end - keep, keep).CopyTo(to);
        (_output, _read, _end) = (to, keep, keep);
    }

    private void Fill(Span<byte> bytes)
    {
        int read = _input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        _taken += read;
        if (read < bytes.Length)
            throw Truncated();
    }

    private ReadStopException Truncated() => new(ReadProblemKind.Truncated, _frameStart, "the file ends within a Zstandard frame");
}
