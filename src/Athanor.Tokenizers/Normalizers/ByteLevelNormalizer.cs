namespace Athanor.Tokenizers.Normalizers;

/// <summary>Writes every byte as a character of GPT-2's byte alphabet.</summary>
public sealed record ByteLevelNormalizer : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        Span<byte> character = stackalloc byte[2];
        for (int at = 0; at < bytes.Length;)
        {
            Utf8Text.Read(bytes, at, out int length);
            ByteRange origin = text.Origin(at, length);
            for (int end = at + length; at < end; at++)
                text.Append(character[..ByteAlphabet.Write(bytes[at], character)], origin);
        }
        text.Commit();
    }

    public override bool Leaves(ReadOnlySpan<byte> text) => text.IsEmpty;
}
