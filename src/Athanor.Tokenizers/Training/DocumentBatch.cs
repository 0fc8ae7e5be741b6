namespace Athanor.Tokenizers.Training;

/// <summary>A block of text with the ends of the parts that are split into pieces each for itself.</summary>
internal sealed class DocumentBatch
{
    private int[] _ends = new int[64];

    public byte[] Bytes { get; private set; } = new byte[DocumentBatcher.BatchSize];

    public int Length { get; private set; }

    public int Parts { get; private set; }

    /// <summary>Documents that end in this block.</summary>
    public int Documents { get; set; }

    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Parts);

    /// <summary>Offset of the part that is still open.</summary>
    public int OpenStart => Parts == 0 ? 0 : _ends[Parts - 1];

    public int Room => Bytes.Length - Length;

    public void Clear() => Length = Parts = Documents = 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Ends a part at <paramref name="end"/>.</summary>
    public void Close(int end)
    {
        if (end == OpenStart)
            return;
        if (Parts == _ends.Length)
            Array.Resize(ref _ends, 2 * Parts);
        _ends[Parts++] = end;
    }

    public void Grow(int size)
    {
        byte[] bytes = new byte[size];
        Bytes.AsSpan(0, Length).CopyTo(bytes);
        Bytes = bytes;
    }

    /// <summary>Moves what lies behind the last closed part to an empty batch.</summary>
    public void MoveOpenTo(DocumentBatch next)
    {
        int start = OpenStart;
        if (next.Bytes.Length < Length - start)
            next.Grow(Bytes.Length);
        next.Append(Bytes.AsSpan(start, Length - start));
        Length = start;
    }
}
