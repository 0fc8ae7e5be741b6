using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers;

/// <summary>
/// A growing list of token ids that is filled again and again without allocating, optionally with the bytes of text behind each token.
/// Not safe for use by two threads at once.
/// </summary>
public sealed class TokenBuffer
{
    private int[] _ids = [];
    private ByteRange[] _ranges = [];
    private int _count;

    /// <summary>An empty buffer; with <paramref name="withRanges"/> each token also gets its range of source bytes.</summary>
    public TokenBuffer(bool withRanges = false) => WithRanges = withRanges;

    /// <summary>Whether the range of source bytes of each token is kept.</summary>
    public bool WithRanges { get; }

    /// <summary>The number of tokens.</summary>
    public int Count => _count;

    /// <summary>The token ids; valid until the next change of the buffer.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    /// <summary>The source bytes of each token, empty unless <see cref="WithRanges"/>; valid until the next change of the buffer.</summary>
    public ReadOnlySpan<ByteRange> Ranges => WithRanges ? _ranges.AsSpan(0, _count) : default;

    /// <summary>Empties the buffer and keeps its memory.</summary>
    public void Clear() => _count = 0;

    /// <summary>Cuts the buffer to its first <paramref name="count"/> tokens.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)_count, nameof(count));
        _count = count;
    }

    /// <summary>Room for at least <paramref name="count"/> more ids, to be written and then committed by <see cref="Advance"/>.</summary>
    internal Span<int> Reserve(int count)
    {
        if (_ids.Length - _count < count)
            Grow(count);
        return _ids.AsSpan(_count);
    }

    /// <summary>Takes the first <paramref name="count"/> ids of the last <see cref="Reserve"/> as tokens; their ranges are set by <see cref="SetRange"/>.</summary>
    internal void Advance(int count) => _count += count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int id, int start, int length)
    {
        if (_count == _ids.Length)
            Grow(1);
        if (WithRanges)
            _ranges[_count] = new ByteRange(start, length);
        _ids[_count++] = id;
    }

    internal void Append(TokenBuffer other)
    {
        other.Ids.CopyTo(Reserve(other.Count));
        if (WithRanges)
            other.Ranges.CopyTo(_ranges.AsSpan(_count));
        _count += other.Count;
    }

    internal void SetRange(int token, ByteRange range) => _ranges[token] = range;

    internal void Insert(int at, int id, ByteRange range)
    {
        Add(0, 0, 0);
        Array.Copy(_ids, at, _ids, at + 1, _count - at - 1);
        _ids[at] = id;
        if (!WithRanges)
            return;
        Array.Copy(_ranges, at, _ranges, at + 1, _count - at - 1);
        _ranges[at] = range;
    }

    private void Grow(int count)
    {
        int size = (int)Math.Min(Array.MaxLength, Math.Max((long)_count + count, Math.Max(64, 2L * _ids.Length)));
        Array.Resize(ref _ids, size);
        if (WithRanges)
            Array.Resize(ref _ranges, size);
    }
}
