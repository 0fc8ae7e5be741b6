namespace Athanor.Tokenizers.Normalizers;

/// <summary>Takes white space off the ends of the text.</summary>
/// <param name="Left">Off the start.</param>
/// <param name="Right">Off the end.</param>
public sealed record StripNormalizer(bool Left, bool Right) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        (int start, int end) = Inner(text.Bytes);
        text.Keep(start, end - start);
        text.Commit();
    }

    public override bool Leaves(ReadOnlySpan<byte> text) => Inner(text) == (0, text.Length);

    private (int Start, int End) Inner(ReadOnlySpan<byte> text)
    {
        int start = 0, end = text.Length;
        while (Left && start < end && Utf8Text.IsWhiteSpace(Utf8Text.Read(text, start, out int length)))
            start += length;
        while (Right && end > start && Utf8Text.IsWhiteSpace(Utf8Text.ReadBack(text, end, out int length)))
            end -= length;
        return (start, end);
    }
}
