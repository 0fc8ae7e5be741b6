using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Data.Decontamination;

/// <summary>
/// The words of a text as hashes, so that case, punctuation and white space do not count: runs of letters, marks and digits in lower case, apostrophes within left out;
/// ideographs and kana are words of their own.
/// </summary>
internal sealed class WordScanner
{
    private const ulong Prime = 0x100000001B3, Basis = 0xCBF29CE484222325;
    private readonly List<ulong> _hashes = [];
    private readonly List<int> _starts = [], _ends = [];

    public int Count => _hashes.Count;

    public ReadOnlySpan<ulong> Hashes => CollectionsMarshal.AsSpan(_hashes);

    /// <summary>Where a word begins and ends, in UTF-16 code units.</summary>
    public (int Start, int End) this[int word] => (_starts[word], _ends[word]);

    public void Scan(ReadOnlySpan<char> text)
    {
        _hashes.Clear();
        _starts.Clear();
        _ends.Clear();
        ulong hash = Basis;
        int start = -1, at = 0;
        while (at < text.Length)
        {
            char unit = text[at];
            if (unit < 128)
            {
                uint lower = (uint)unit | 0x20;
                if (lower - 'a' <= 'z' - 'a' || (uint)unit - '0' <= 9)
                {
                    if (start < 0)
                        (start, hash) = (at, Basis);
                    // For digits the bit is set already.
                    hash = (hash ^ lower) * Prime;
                }
                else if (unit != '\'')
                    End(ref start, hash, at);
                at++;
                continue;
            }
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            if (IsIdeograph(rune.Value))
            {
                End(ref start, hash, at);
                Add((Basis ^ (uint)rune.Value) * Prime, at, at + length);
            }
            else if (IsWord(rune))
            {
                if (start < 0)
                    (start, hash) = (at, Basis);
                hash = (hash ^ (uint)Rune.ToLowerInvariant(rune).Value) * Prime;
            }
            else if (unit != '\u2019')
                End(ref start, hash, at);
            at += length;
        }
        End(ref start, hash, text.Length);
    }

    private void End(ref int start, ulong hash, int end)
    {
        if (start < 0)
            return;
        Add(hash, start, end);
        start = -1;
    }

    private void Add(ulong hash, int start, int end)
    {
        // Products of small inputs leave the upper bits alike; sums of words need all bits.
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15;
        _hashes.Add(hash ^ (hash >> 29));
        _starts.Add(start);
        _ends.Add(end);
    }

    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsIdeograph(int value) => value is (>= 0x3041 and <= 0x30FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
