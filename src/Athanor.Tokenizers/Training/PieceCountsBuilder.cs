namespace Athanor.Tokenizers.Training;

/// <summary>Gathers pieces that come in their final order.</summary>
internal sealed class PieceCountsBuilder(long limit)
{
    private byte[] _bytes = new byte[1 << 12];
    private int[] _ends = new int[1 << 8];
    private long[] _counts = new long[1 << 8];
    private int _length, _used;

    /// <exception cref="InvalidOperationException">The pieces pass the limit of memory or 2 GB of text.</exception>
    public void Add(ReadOnlySpan<byte> piece, long count)
    {
        long text = (long)_used + piece.Length;
        if (text > Array.MaxLength - 64 || text + 12L * (_length + 1) > limit)
        {
            throw new InvalidOperationException(
                $"The distinct pieces pass {Math.Min(limit, Array.MaxLength)} bytes ({_length} pieces so far). Raise MinimumCount, which leaves rare pieces out, " +
                "lower MaxPieceBytes, or raise ResultLimit.");
        }
        if (text > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(text, 2L * _bytes.Length)));
        if (_length == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * _length);
            Array.Resize(ref _counts, 2 * _length);
        }
        piece.CopyTo(_bytes.AsSpan(_used));
        _used += piece.Length;
        _ends[_length] = _used;
        _counts[_length++] = count;
    }

    public PieceCounts Build(PieceCountingStatistics statistics) => new(_bytes, _ends, _counts, _length) { Statistics = statistics };
}
