using System.Globalization;
using System.Text;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>What becomes of a character when words are compared.</summary>
internal enum FoldKind : byte
{
    /// <summary>It is part of a word, as the bytes it folds to; none for accents.</summary>
    Word,

    /// <summary>White space or punctuation: words end.</summary>
    Gap,

    /// <summary>A decimal digit: the number it belongs to becomes a 0.</summary>
    Digit,

    /// <summary>Capital sigma, whose small form depends on what follows.</summary>
    Sigma,

    /// <summary>A word of its own, in scripts that write no spaces.</summary>
    Alone,
}

/// <summary>
/// datatrove's <c>simplify_text</c> as a table: lower case, a fixed list of punctuation and all white space to gaps, NFD without the marks of category Mn.
/// Each of these looks at one character alone but for numbers and the final sigma, which <see cref="WordScanner"/> sees to.
/// </summary>
internal sealed class CharacterFolds
{
    private const int PageBits = 8, InlineBytes = 7;

    // datatrove.utils.text.PUNCTUATION beyond ASCII; the control characters of its list are added below.
    private const string Punctuation = "\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c\u201d\u201e\u2026\u2236\u2501\u25ba\u3001\u3002\u3008\u3009\u300a\u300b\u300c\u300d\u3010\u3011\uff01\uff05\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff5e";

    private static readonly UnicodeNormalizer Decompose = new(UnicodeForm.Nfd);
    private readonly ulong[]?[] _pages = new ulong[]?[0x110000 >> PageBits];
    private readonly Lock _lock = new();
    private readonly List<byte[]> _long = [];
    private readonly bool _split;

    private CharacterFolds(bool split) => _split = split;

    /// <summary>As datatrove has it: words are what stands between gaps.</summary>
    public static CharacterFolds Datatrove { get; } = new(split: false);

    /// <summary>The same, but each character of a script without spaces is a word.</summary>
    public static CharacterFolds Split { get; } = new(split: true);

    /// <summary>Kind in the lowest byte, then the length and up to six bytes, or from length 7 a number for <see cref="Long"/>.</summary>
    public ulong this[int codePoint] => (Volatile.Read(ref _pages[codePoint >> PageBits]) ?? Page(codePoint >> PageBits))[codePoint & ((1 << PageBits) - 1)];

    public static FoldKind Kind(ulong fold) => (FoldKind)(fold & 0xFF);

    /// <summary>Bytes that it folds to; 7 means that they are to be looked up.</summary>
    public static int Length(ulong fold) => (int)(fold >> 8) & 0xFF;

    public byte[] Long(ulong fold)
    {
        lock (_lock)
            return _long[(int)(fold >> 16)];
    }

    /// <summary>Numbers may hold one of these between digits.</summary>
    public static bool IsDecimalMark(char c) => c is '.' or ',' or '\u060C' or '\u066B' or '\u2396' or '\u2397' or '\u2398';

    /// <summary>Scripts that put no spaces between words: Han, kana, bopomofo, Thai, Lao, Tibetan, Myanmar, Khmer.</summary>
    public static bool IsUnspaced(int c) => c is >= 0x0E00 and <= 0x0FFF or >= 0x1000 and <= 0x109F or >= 0x1780 and <= 0x17FF or >= 0x2E80 and <= 0x2FDF or >= 0x3040 and <= 0x312F
        or >= 0x31A0 and <= 0x31FF or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF or >= 0xFF66 and <= 0xFF9D or >= 0x20000 and <= 0x323AF;

    private ulong[] Page(int page)
    {
        lock (_lock)
        {
            if (_pages[page] is { } made)
                return made;
            var folds = new ulong[1 << PageBits];
            var work = new NormalizedText();
            for (int i = 0; i < folds.Length; i++)
                folds[i] = Fold((page << PageBits) + i, work);
            Volatile.Write(ref _pages[page], folds);
            return folds;
        }
    }

    private ulong Fold(int codePoint, NormalizedText work)
    {
        if (!Rune.TryCreate(codePoint, out Rune rune))
            rune = Rune.ReplacementChar;   // a lone surrogate
        if (codePoint == 0x3A3)
            return (ulong)FoldKind.Sigma;
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        // The digit 1 in full width is in the list of punctuation too, but numbers are replaced before.
        if (category == UnicodeCategory.DecimalDigitNumber)
            return (ulong)FoldKind.Digit;
        if (Rune.IsWhiteSpace(rune) || codePoint is (<= 31) or (>= 127 and < 160) || (codePoint < 127 && !Rune.IsLetterOrDigit(rune)) || (codePoint < 0x10000 && Punctuation.Contains((char)codePoint, StringComparison.Ordinal)))
            return (ulong)FoldKind.Gap;
        Span<byte> utf8 = stackalloc byte[4];
        // Python lowers the dotted capital I to i and a combining dot, which then goes as a mark.
        int length = (codePoint == 0x130 ? new Rune('i') : Rune.ToLowerInvariant(rune)).EncodeToUtf8(utf8);
        work.Reset(utf8[..length], 0, aligned: false);
        Decompose.Apply(work);
        byte[] bytes = WithoutMarks(work.Bytes);
        FoldKind kind = _split && IsUnspaced(codePoint) && bytes.Length > 0 ? FoldKind.Alone : FoldKind.Word;
        if (bytes.Length >= InlineBytes)
        {
            _long.Add(bytes);
            return (ulong)kind | InlineBytes << 8 | (ulong)(_long.Count - 1) << 16;
        }
        ulong fold = (ulong)kind | (ulong)bytes.Length << 8;
        for (int i = 0; i < bytes.Length; i++)
            fold |= (ulong)bytes[i] << (16 + 8 * i);
        return fold;
    }

    private static byte[] WithoutMarks(ReadOnlySpan<byte> utf8)
    {
        var kept = new List<byte>();
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int used);
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
                kept.AddRange(utf8[..used]);
            utf8 = utf8[used..];
        }
        return [.. kept];
    }
}
