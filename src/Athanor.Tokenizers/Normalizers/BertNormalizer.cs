using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>BERT's basic cleaning: controls dropped, white space to spaces, spaces around Chinese characters, accents stripped, lower case.</summary>
public sealed record BertNormalizer : Normalizer
{
    private readonly ImmutableArray<Normalizer> _steps;

    /// <param name="cleanText">Drops control characters and turns white space to spaces.</param>
    /// <param name="handleChineseChars">Puts spaces around CJK ideographs.</param>
    /// <param name="stripAccents">Decomposes and drops non-spacing marks; as <paramref name="lowercase"/> when null.</param>
    /// <param name="lowercase">Lower case.</param>
    public BertNormalizer(bool cleanText = true, bool handleChineseChars = true, bool? stripAccents = null, bool lowercase = true)
    {
        (CleanText, HandleChineseChars, StripAccents, Lowercase) = (cleanText, handleChineseChars, stripAccents, lowercase);
        List<Normalizer> steps = [];
        if (cleanText)
            steps.Add(new Cleaning());
        if (handleChineseChars)
            steps.Add(new ChineseSpacing());
        if (stripAccents ?? lowercase)
            steps.AddRange([new UnicodeNormalizer(UnicodeForm.Nfd), new MarkStripping()]);
        if (lowercase)
            steps.Add(new LowercaseNormalizer());
        _steps = [.. steps];
    }

    /// <summary>Drops control characters and turns white space to spaces.</summary>
    public bool CleanText { get; }

    /// <summary>Puts spaces around CJK ideographs.</summary>
    public bool HandleChineseChars { get; }

    /// <summary>Decomposes and drops non-spacing marks; as <see cref="Lowercase"/> when null.</summary>
    public bool? StripAccents { get; }

    /// <summary>Lower case.</summary>
    public bool Lowercase { get; }

    public override void Apply(NormalizedText text)
    {
        foreach (Normalizer step in _steps)
        {
            if (!step.Leaves(text.Bytes))
                step.Apply(text);
        }
    }

    public override bool Leaves(ReadOnlySpan<byte> text)
    {
        foreach (Normalizer step in _steps)
        {
            if (!step.Leaves(text))
                return false;
        }
        return true;
    }

    public bool Equals(BertNormalizer? other) => other is not null
        && (CleanText, HandleChineseChars, StripAccents, Lowercase) == (other.CleanText, other.HandleChineseChars, other.StripAccents, other.Lowercase);

    public override int GetHashCode() => HashCode.Combine(CleanText, HandleChineseChars, StripAccents, Lowercase);

    private sealed record Cleaning : CharacterNormalizer
    {
        protected override int Map(int codePoint)
        {
            if (codePoint is '\t' or '\n' or '\r' || Utf8Text.IsWhiteSpace(codePoint) && codePoint is not (0xB or 0xC or 0x85))
                return ' ';
            if (codePoint is 0 or 0xFFFD)
                return Dropped;
            return Utf8Text.Category(codePoint) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
                ? Dropped
                : codePoint;
        }
    }

    private sealed record ChineseSpacing : CharacterNormalizer
    {
        private protected override System.Buffers.SearchValues<byte>? ChangesAscii => StripAccentsNormalizer.BeyondLatin;

        protected override int Map(int codePoint) => IsChinese(codePoint) ? Expanded : codePoint;

        protected override int Expand(int codePoint, Span<byte> to)
        {
            to[0] = (byte)' ';
            int length = new Rune(codePoint).EncodeToUtf8(to[1..]);
            to[length + 1] = (byte)' ';
            return length + 2;
        }

        private static bool IsChinese(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
            or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
            or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
    }

    private sealed record MarkStripping : CharacterNormalizer
    {
        private protected override System.Buffers.SearchValues<byte>? ChangesAscii => StripAccentsNormalizer.BeyondLatin;

        protected override int Map(int codePoint) =>
            codePoint >= 0x300 && Utf8Text.Category(codePoint) == UnicodeCategory.NonSpacingMark ? Dropped : codePoint;
    }
}
