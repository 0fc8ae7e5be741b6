namespace Athanor.Data.Parquet;

/// <summary>Numbers as differences in packed blocks (Parquet's DELTA_BINARY_PACKED).</summary>
internal sealed class DeltaReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _perMini;
    private readonly byte[] _widths;
    private long _value, _least, _bit;
    private int _mini, _inMini, _given;

    public DeltaReader(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        ulong block = Varint(), minis = Varint();
        Count = (int)Math.Min(Varint(), int.MaxValue);
        if (block is 0 or > 1 << 16 || minis is 0 or > 512 || block % minis != 0 || block / minis % 8 != 0)
            throw new InvalidDataException("a page's blocks of differences have an impossible size");
        (_perMini, _widths, _mini) = ((int)(block / minis), new byte[minis], (int)minis);
        _value = Zigzag();
        _inMini = _perMini;
    }

    /// <summary>How many numbers there are.</summary>
    public int Count { get; }

    /// <summary>Bytes read; behind the last number, the end of all.</summary>
    public int Position { get; private set; }

    public long Next()
    {
        if (_given >= Count)
            throw new InvalidDataException("a page has fewer values than it says");
        if (_given++ == 0)
            return _value;
        if (_inMini == _perMini)
            Mini();
        int width = _widths[_mini];
        ulong delta = 0;
        ReadOnlySpan<byte> span = _bytes.Span;
        for (int got = 0; got < width;)
        {
            int shift = (int)(_bit & 7), take = Math.Min(8 - shift, width - got);
            delta |= (ulong)((span[(int)(_bit >> 3)] >> shift) & ((1 << take) - 1)) << got;
            got += take;
            _bit += take;
        }
        _inMini++;
        return _value += _least + (long)delta;
    }

    private void Mini()
    {
        if (++_mini >= _widths.Length)
        {
            _least = Zigzag();
            _bytes.Span.Slice(Position, _widths.Length).CopyTo(_widths);
            Position += _widths.Length;
            _mini = 0;
        }
        if (_widths[_mini] > 64)
            throw new InvalidDataException("a page's differences are wider than allowed");
        _bit = 8L * Position;
        _inMini = 0;
        long end = Position + (long)_perMini * _widths[_mini] / 8;
        Position = end <= _bytes.Length ? (int)end : throw new InvalidDataException("a page has fewer values than it says");
    }

    private long Zigzag()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Position < _bytes.Length ? _bytes.Span[Position++] : throw new InvalidDataException("a page has fewer values than it says");
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
        throw new InvalidDataException("a page has a number that does not end");
    }
}
