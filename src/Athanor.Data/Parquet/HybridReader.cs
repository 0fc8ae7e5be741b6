namespace Athanor.Data.Parquet;

/// <summary>Numbers in runs and packed bits, as levels and dictionary indices lie (Parquet's RLE encoding).</summary>
internal sealed class HybridReader(ReadOnlyMemory<byte> bytes, int width)
{
    private int _at, _repeated;
    private long _left, _bit;
    private bool _packed;

    /// <summary>The next number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public int Next()
    {
        if (_left == 0)
            Run();
        _left--;
        if (!_packed)
            return _repeated;
        ReadOnlySpan<byte> span = bytes.Span;
        ulong word = 0;
        int first = (int)(_bit >> 3);
        for (int i = Math.Min(7, span.Length - 1 - first); i >= 0; i--)
            word = (word << 8) | span[first + i];
        int value = (int)((word >> (int)(_bit & 7)) & ((1UL << width) - 1));
        _bit += width;
        return value;
    }

    private void Run()
    {
        ReadOnlySpan<byte> span = bytes.Span;
        ulong head = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (_at >= span.Length || shift > 35)
                throw new InvalidDataException("a page has fewer values than it says");
            head |= (ulong)(span[_at] & 127) << shift;
            if (span[_at++] < 128)
                break;
        }
        _packed = (head & 1) != 0;
        if (_packed)
        {
            _left = (long)(head >> 1) * 8;
            _bit = 8L * _at;
            long length = (long)(head >> 1) * width;
            // Writers may leave the last group's unused bytes out.
            _at = (int)Math.Min(span.Length, _at + length);
            _left = width == 0 ? _left : Math.Min(_left, (8L * _at - _bit) / width);
        }
        else
        {
            _left = (long)(head >> 1);
            int size = (width + 7) / 8;
            if (_at + size > span.Length)
                throw new InvalidDataException("a page has fewer values than it says");
            _repeated = 0;
            for (int i = size - 1; i >= 0; i--)
                _repeated = (_repeated << 8) | span[_at + i];
            _at += size;
        }
        if (_left == 0)
            throw new InvalidDataException("a page has an empty run");
    }
}
