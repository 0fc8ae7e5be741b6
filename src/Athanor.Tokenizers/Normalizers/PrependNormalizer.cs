using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Puts a text before every text that is not empty.</summary>
public sealed record PrependNormalizer : Normalizer
{
    private readonly byte[] _prefix;

    public PrependNormalizer(string prefix) => (Prefix, _prefix) = (prefix, Encoding.UTF8.GetBytes(prefix));

    /// <summary>What is put before.</summary>
    public string Prefix { get; }

    public override void Apply(NormalizedText text)
    {
        if (text.Bytes.IsEmpty)
            return;
        // What is inserted stands for the first character, as Hugging Face's offsets have it.
        Utf8Text.Read(text.Bytes, 0, out int length);
        text.Append(_prefix, text.Origin(0, length));
        text.Keep(0, text.Bytes.Length);
        text.Commit();
    }

    public override bool Leaves(ReadOnlySpan<byte> text) => text.IsEmpty || _prefix.Length == 0;

    public bool Equals(PrependNormalizer? other) => other is not null && Prefix == other.Prefix;

    public override int GetHashCode() => Prefix.GetHashCode(StringComparison.Ordinal);
}
