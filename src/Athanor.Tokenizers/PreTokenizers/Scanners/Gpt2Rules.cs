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
