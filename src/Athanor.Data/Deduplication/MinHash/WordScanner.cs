using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// Cuts a text into words as they are compared: folded by <see cref="CharacterFolds"/>, numbers to 0, one space between two words, so that any run of
/// words is a run of bytes. Reused from text to text.
/// </summary>
internal sealed class WordScanner
{
    private const int Block = 32;
    private static readonly byte[] Ascii = BuildAscii();
    private readonly CharacterFolds _folds;
    private byte[] _bytes = new byte[1 << 12];
    private int[] _starts = new int[1 << 10];
    private int _length, _words;
    private bool _inWord;

    public WordScanner(CharacterFolds folds) => _folds = folds;

    /// <summary>The words, one space between two.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Words.</summary>
    public int Count => _words;

    /// <summary>Where each word begins; behind the last one, a byte behind the end.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, _words + 1);

    /// <summary>Scans a text; what was there before is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(ReadOnlySpan<char> text)
    {
        (_length, _words, _inWord) = (0, 0, false);
        Reserve(text.Length);
        byte[] bytes = _bytes, ascii = Ascii;
        int length = 0;
        bool inWord = false;
        for (int i = 0; i < text.Length;)
        {
            while (i + Block <= text.Length)
            {
                int taken = Letters(text, i, ref length, ref inWord);
                i += taken;
                if (taken < Block)
                    break;
            }
            if (i == text.Length)
                break;
            char c = text[i];
            if (c < 128)
            {
                byte folded = ascii[c];
                if (folded >= 2)
                {
                    if (!inWord)
                    {
                        length = Begin(length);
                        inWord = true;
                    }
                    bytes[length++] = folded;
                    i++;
                    continue;
                }
                if (folded == 0)
                {
                    inWord = false;
                    i++;
                    continue;
                }
            }
            (_length, _inWord) = (length, inWord);
            i = Slow(text, i);
            (length, inWord, bytes) = (_length, _inWord, _bytes);
        }
        _length = length;
        if (_words == _starts.Length)
            Array.Resize(ref _starts, _words + 1);
        _starts[_words] = length + 1;
    }

    /// <summary>
    /// The letters and gaps of 32 characters up to the first digit or character that is not ASCII; returns how many there are. Masks of the block say where words begin and end, so
    /// that a word costs a copy, whatever its length, instead of a branch a character.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Letters(ReadOnlySpan<char> text, int at, ref int length, ref bool inWord)
    {
        ref ushort first = ref Unsafe.As<char, ushort>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), at));
        Vector256<byte> block = Vector256.NarrowWithSaturation(Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, 16)), lower = block | Vector256.Create((byte)0x20);
        uint other = (block | Vector256.LessThan(block - Vector256.Create((byte)'0'), Vector256.Create((byte)10))).ExtractMostSignificantBits();
        uint letters = Vector256.LessThan(lower - Vector256.Create((byte)'a'), Vector256.Create((byte)26)).ExtractMostSignificantBits();
        int taken = BitOperations.TrailingZeroCount(other);   // 32 where there is none
        if (taken == 0)
            return 0;
        uint mask = uint.MaxValue >> (Block - taken), words = letters & mask;
        if (_words + Block >= _starts.Length)
            Array.Resize(ref _starts, _starts.Length * 2);
        // What a block puts at its words' places may reach a block further; the buffer has room for that.
        ref byte bytes = ref MemoryMarshal.GetArrayDataReference(_bytes);
        Span<byte> small = stackalloc byte[2 * Block];
        ref byte lowered = ref MemoryMarshal.GetReference(small);
        lower.StoreUnsafe(ref lowered);
        int to = length;
        bool open = inWord;
        inWord = (words >> (taken - 1) & 1) != 0;
        if (open && (words & 1) == 0)
            open = false;
        while (words != 0)
        {
            int start = BitOperations.TrailingZeroCount(words), run = BitOperations.TrailingZeroCount(~(words >> start));
            if (!open)
            {
                Unsafe.Add(ref bytes, to) = (byte)' ';
                to += to > 0 ? 1 : 0;
                _starts[_words++] = to;
            }
            open = false;
            Vector256.StoreUnsafe(Vector256.LoadUnsafe(ref Unsafe.Add(ref lowered, start)), ref Unsafe.Add(ref bytes, to));
            to += run;
            words = (uint)((ulong)words >> (start + run) << (start + run));
        }
        length = to;
        return taken;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Begin(int length)
    {
        if (length > 0)
            _bytes[length++] = (byte)' ';
        if (_words + 1 >= _starts.Length)
            Array.Resize(ref _starts, _starts.Length * 2);
        _starts[_words++] = length;
        return length;
    }

    /// <summary>A number or a character that is not ASCII.</summary>
    private int Slow(ReadOnlySpan<char> text, int at)
    {
        int next = at + Read(text, at, out int codePoint);
        ulong fold = _folds[codePoint];
        switch (CharacterFolds.Kind(fold))
        {
            case FoldKind.Gap:
                _inWord = false;
                break;
            case FoldKind.Digit:
                next = EndOfNumber(text, next);
                Append("0"u8);
                break;
            case FoldKind.Sigma:
                Append(IsFinalSigma(text, at) ? "\u03C2"u8 : "\u03C3"u8);
                break;
            default:
                if (CharacterFolds.Length(fold) == 0)
                    break;
                bool alone = CharacterFolds.Kind(fold) == FoldKind.Alone;
                _inWord &= !alone;
                if (CharacterFolds.Length(fold) == 7)
                    Append(_folds.Long(fold));
                else
                {
                    Span<byte> folded = stackalloc byte[6];
                    for (int i = 0; i < 6; i++)
                        folded[i] = (byte)(fold >> (16 + 8 * i));
                    Append(folded[..CharacterFolds.Length(fold)]);
                }
                _inWord = !alone;
                break;
        }
        Reserve(text.Length - next);
        return next;
    }

    private void Append(ReadOnlySpan<byte> folded)
    {
        if (!_inWord)
            _length = Begin(_length);
        _inWord = true;
        folded.CopyTo(_bytes.AsSpan(_length));
        _length += folded.Length;
    }

    /// <summary>ASCII needs no more than two bytes a character; other characters ask again.</summary>
    private void Reserve(int characters)
    {
        long needed = _length + 2L * characters + 128;
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(needed, _bytes.Length + _bytes.Length / 2L))));
    }

    /// <summary>Digits, and once a decimal mark with digits behind it.</summary>
    private int EndOfNumber(ReadOnlySpan<char> text, int at)
    {
        at = Digits(text, at);
        if (at + 1 < text.Length && CharacterFolds.IsDecimalMark(text[at]) && Digits(text, at + 1) is int end && end > at + 1)
            return end;
        return at;
    }

    private int Digits(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length)
        {
            int length = Read(text, at, out int codePoint);
            if (CharacterFolds.Kind(_folds[codePoint]) != FoldKind.Digit)
                break;
            at += length;
        }
        return at;
    }

    /// <summary>Unicode's Final_Sigma (section 3.13), as Python lowers: a cased letter before, none behind, characters that cases ignore left aside.</summary>
    internal static bool IsFinalSigma(ReadOnlySpan<char> text, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsCaseIgnorable(text[before]))
            before--;
        while (after < text.Length && IsCaseIgnorable(text[after]))
            after++;
        return before >= 0 && IsCased(text[before]) && !(after < text.Length && IsCased(text[after]));
    }

    private static bool IsCased(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(char c) => c is '\'' or '.' or ':' or '\u00B7' or '\u2018' or '\u2019' or '\u2024' or '\u2027' || char.GetUnicodeCategory(c)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static int Read(ReadOnlySpan<char> text, int at, out int codePoint)
    {
        char c = text[at];
        if (!char.IsSurrogate(c))
        {
            codePoint = c;
            return 1;
        }
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
        codePoint = rune.Value;
        return used;
    }

    /// <summary>0 a gap, 1 a digit, else the byte of the word.</summary>
    private static byte[] BuildAscii()
    {
        var ascii = new byte[128];
        for (int c = 0; c < 128; c++)
            ascii[c] = (byte)(char.IsAsciiDigit((char)c) ? 1 : char.IsAsciiLetter((char)c) ? c | 0x20 : 0);
        return ascii;
    }
}
