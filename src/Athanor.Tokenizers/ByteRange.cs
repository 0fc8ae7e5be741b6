namespace Athanor.Tokenizers;

/// <summary>A run of bytes of the source text.</summary>
/// <param name="Start">Offset of the first byte.</param>
/// <param name="Length">Number of bytes; 0 for tokens that no text stands behind, such as a leading control token.</param>
public readonly record struct ByteRange(int Start, int Length)
{
    /// <summary>Offset behind the last byte.</summary>
    public int End => Start + Length;
}
