namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Pieces of a fixed number of characters; the last may be shorter.</summary>
public sealed record FixedLengthPreTokenizer : PreTokenizer
{
    /// <param name="length">Characters a piece, at least 1.</param>
    public FixedLengthPreTokenizer(int length = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Length = length;
    }

    /// <summary>Characters a piece.</summary>
    public int Length { get; }

    public override void Split(PreTokenizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Text.Bytes;
        foreach (ByteRange piece in text.Pieces)
        {
            int start = piece.Start, count = 0;
            for (int at = piece.Start, length; at < piece.End; at += length)
            {
                if (count++ == Length)
                {
                    text.Add(new ByteRange(start, at - start));
                    (start, count) = (at, 1);
                }
                Utf8Text.Read(bytes[..piece.End], at, out length);
            }
            text.Add(new ByteRange(start, piece.End - start));
        }
        text.Commit();
    }
}
