using System.Runtime.CompilerServices;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>The repeated parts of the pre-tokenizer regexes: each finds where a run ends that starts (or could start) at a position.</summary>
internal static class Runs
{
    /// <summary><c>\p{L}*</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Letters(ref byte text, int at, int end)
    {
        while (at < end)
        {
            CharacterClass c = CharacterClasses.Read(ref text, at, end, out int length);
            if ((c & CharacterClass.Letter) == 0)
                break;
            at += length;
        }
        return at;
    }

    /// <summary><c>\p{N}*</c>, or <c>\p{N}{0,n}</c> where <paramref name="most"/> is not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Numbers(ref byte text, int at, int end, DigitPolicy most)
    {
        for (int count = 0; at < end && (most == DigitPolicy.Unlimited || count < (int)most); count++)
        {
            CharacterClass c = CharacterClasses.Read(ref text, at, end, out int length);
            if ((c & CharacterClass.Number) == 0)
                break;
            at += length;
        }
        return at;
    }

    /// <summary><c>[^\s\p{L}\p{N}]*</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Others(ref byte text, int at, int end)
    {
        while (at < end)
        {
            CharacterClass c = CharacterClasses.Read(ref text, at, end, out int length);
            if (!IsOther(c))
                break;
            at += length;
        }
        return at;
    }

    /// <summary>Whether a character is neither space, letter nor number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOther(CharacterClass c) => (c & (CharacterClass.Letter | CharacterClass.Number | CharacterClass.Space)) == 0;

    /// <summary><c>[\r\n]*</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NewLines(ref byte text, int at, int end)
    {
        while (at < end && Unsafe.Add(ref text, at) is (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>The length of <c>(?i:s|t|re|ve|m|ll|d)</c> at <paramref name="at"/>, 0 for none. Without regard to case also means U+017F, the long s.</summary>
    public static int Contraction(ref byte text, int at, int end)
    {
        if (at >= end)
            return 0;
        int next = at + 1 < end ? Unsafe.Add(ref text, at + 1) : 0;
        return (Unsafe.Add(ref text, at) | 0x20) switch
        {
            's' or 't' or 'm' or 'd' => 1,
            'r' or 'v' => (next | 0x20) == 'e' ? 2 : 0,
            'l' => (next | 0x20) == 'l' ? 2 : 0,
            // C5 BF; 0xC5 | 0x20 is 0xE5, which 0xE5 itself gives too.
            0xE5 => Unsafe.Add(ref text, at) == 0xC5 && next == 0xBF ? 2 : 0,
            _ => 0,
        };
    }

    /// <summary>
    /// <c>\s*[\r\n]+|\s+(?!\S)|\s+</c> (without <paramref name="newLines"/> the latter two) at a space: a run up to its last line break,
    /// else all but its last character, which the next piece may take, else all of it.
    /// </summary>
    public static int Spaces(ref byte text, int at, int end, bool newLines)
    {
        int last = at, behindNewLine = 0, start = at;
        while (at < end)
        {
            CharacterClass c = CharacterClasses.Read(ref text, at, end, out int length);
            if ((c & CharacterClass.Space) == 0)
                break;
            last = at;
            at += length;
            if ((c & CharacterClass.NewLine) != 0)
                behindNewLine = at;
        }
        if (newLines && behindNewLine > 0)
            return behindNewLine;
        return at == end || last == start ? at : last;
    }
}
