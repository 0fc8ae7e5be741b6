using System.Buffers;
using System.Globalization;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Drops combining marks (general category M); a decomposing normalizer before it parts them from their letters.</summary>
public sealed record StripAccentsNormalizer : CharacterNormalizer
{
    internal static readonly SearchValues<byte> BeyondLatin = SearchValues.Create([.. Enumerable.Range(0xCC, 0x34).Select(value => (byte)value)]);

    // The first mark is U+0300, whose first byte is 0xCC; continuation bytes are never looked at.
    private protected override SearchValues<byte>? ChangesAscii => BeyondLatin;

    protected override int Map(int codePoint) =>
        codePoint >= 0x300 && Utf8Text.Category(codePoint) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            ? Dropped
            : codePoint;
}
