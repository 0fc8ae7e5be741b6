using System.Numerics;
using System.Runtime.CompilerServices;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>The regex of cl100k and Llama 3, of Qwen 2 with single digits, of nanochat with pairs of digits.</summary>
internal readonly struct Cl100kRules<TDigits> : IPieceRules
    where TDigits : struct, IDigits
{
    public static string Pattern { get; } =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + Digits.Quantifier(TDigits.Policy) + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextEnd(ref byte text, int start, int end)
    {
        byte first = Unsafe.Add(ref text, start);
        CharacterClass c = CharacterClasses.Read(ref text, start, end, out int length);
        int at = start + length;
        if ((c & CharacterClass.Letter) != 0)
            return Runs.Letters(ref text, at, end);
        if ((c & CharacterClass.Number) != 0)
            return Runs.Numbers(ref text, start, end, TDigits.Policy);
        if (first == '\'' && Runs.Contraction(ref text, at, end) is > 0 and int contraction)
            return at + contraction;
        CharacterClass next = CharacterClass.Space;
        if (at < end && (c & CharacterClass.NewLine) == 0)
        {
            next = CharacterClasses.Read(ref text, at, end, out length);
            if ((next & CharacterClass.Letter) != 0)
                return Runs.Letters(ref text, at + length, end);
        }
        if (Runs.IsOther(c) || (first == ' ' && Runs.IsOther(next)))
            return Runs.NewLines(ref text, Runs.Others(ref text, at, end), end);
        return Runs.Spaces(ref text, start, end, newLines: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Starts(in AsciiBlock block, ref byte text, int room)
    {
        ulong letters = block.Letters, others = block.Others, blanks = block.Blanks, behindSpace = block.Spaces << 1;
        // The one other character that a word takes along.
        ulong prefixes = others & ~(others << 1) & ~behindSpace & (letters >> 1);
        ulong starts = (letters & ~(letters << 1) & ~(blanks << 1) & ~(prefixes << 1)) | (others & ~(others << 1) & ~behindSpace)
            | StartRules.Numbers(block.Numbers, TDigits.Policy) | StartRules.WhiteSpace(block, blanks, others);
        ulong quotes = prefixes & block.Apostrophes;
        return quotes == 0 ? starts : Contractions(starts, quotes, letters, ref text, room);
    }

    private static ulong Contractions(ulong starts, ulong quotes, ulong letters, ref byte text, int room)
    {
        for (; quotes != 0; quotes &= quotes - 1)
        {
            int at = BitOperations.TrailingZeroCount(quotes), length = Runs.Contraction(ref text, at + 1, room);
            if (length > 0)
                starts |= (1UL << at << length << 1) & letters;
        }
        return starts;
    }
}
