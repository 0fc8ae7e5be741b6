using System.Numerics;
using System.Runtime.CompilerServices;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>GPT-2's regex, also of r50k and p50k.</summary>
internal readonly struct Gpt2Rules : IPieceRules
{
    public static string Pattern => @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextEnd(ref byte text, int start, int end)
    {
        byte first = Unsafe.Add(ref text, start);
        CharacterClass c = CharacterClasses.Read(ref text, start, end, out int length);
        int at = start + length;
        if (first == ' ' && at < end)
        {
            CharacterClass next = CharacterClasses.Read(ref text, at, end, out length);
            if ((next & CharacterClass.Space) == 0)
            {
                c = next;
                at += length;
            }
        }
        else if (first == '\'' && Contraction(ref text, at, end) is > 0 and int contraction)
        {
            return at + contraction;
        }
        if ((c & CharacterClass.Letter) != 0)
            return Runs.Letters(ref text, at, end);
        if ((c & CharacterClass.Number) != 0)
            return Runs.Numbers(ref text, at, end, DigitPolicy.Unlimited);
        if ((c & CharacterClass.Space) == 0)
            return Runs.Others(ref text, at, end);
        return Runs.Spaces(ref text, start, end, newLines: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Starts(in AsciiBlock block, ref byte text, int room)
    {
        ulong letters = block.Letters, numbers = block.Numbers, others = block.Others, spaces = block.Spaces;
        ulong white = block.Blanks | block.NewLines, behindSpace = spaces << 1;
        // A run starts where its class does, or at the one space before it, which is the last of its run of white space.
        ulong starts = (letters & ~(letters << 1) & ~behindSpace) | (numbers & ~(numbers << 1) & ~behindSpace) | (others & ~(others << 1) & ~behindSpace)
            | (white & ~(white << 1)) | (white & ~(white >> 1) & (block.Known >> 1));
        ulong quotes = block.Apostrophes & ~(others << 1) & ~behindSpace & (letters >> 1);
        return quotes == 0 ? starts : Contractions(starts, quotes, letters, ref text, room);
    }

    private static ulong Contractions(ulong starts, ulong quotes, ulong letters, ref byte text, int room)
    {
        for (; quotes != 0; quotes &= quotes - 1)
        {
            int at = BitOperations.TrailingZeroCount(quotes), length = Contraction(ref text, at + 1, room);
            if (length == 0)
                continue;
            ulong behind = 1UL << at << length << 1;
            starts = (starts & ~(1UL << at << 1)) | (behind & letters);
        }
        return starts;
    }

    /// <summary>The length of <c>s|t|re|ve|m|ll|d</c>: GPT-2 knows small letters only.</summary>
    private static int Contraction(ref byte text, int at, int end)
    {
        if (at >= end)
            return 0;
        int next = at + 1 < end ? Unsafe.Add(ref text, at + 1) : 0;
        return Unsafe.Add(ref text, at) switch
        {
            (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' => 1,
            (byte)'r' or (byte)'v' => next == 'e' ? 2 : 0,
            (byte)'l' => next == 'l' ? 2 : 0,
            _ => 0,
        };
    }
}
