using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Normalizers;

/// <summary>Writes every character in lower case, by Unicode's mapping for no language in particular.</summary>
public sealed record LowercaseNormalizer : CharacterNormalizer
{
    private static readonly SearchValues<byte> _changing = SearchValues.Create([.. Enumerable.Range('A', 26).Select(c => (byte)c), .. NotAscii]);

    internal static IEnumerable<byte> NotAscii => Enumerable.Range(0x80, 0x80).Select(value => (byte)value);

    private protected override SearchValues<byte>? ChangesAscii => _changing;

    // U+0130 is the only character whose lower case is two characters.
    protected override int Map(int codePoint) => codePoint == 0x130 ? Expanded : Lower(codePoint);

    protected override int Expand(int codePoint, Span<byte> to)
    {
        "i\u0307"u8.CopyTo(to);
        return 3;
    }

    internal static int Lower(int codePoint) => codePoint < 0x80
        ? codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint
        : Rune.ToLowerInvariant(new Rune(codePoint)).Value;
}
