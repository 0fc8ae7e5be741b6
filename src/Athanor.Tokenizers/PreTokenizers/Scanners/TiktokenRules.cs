using System.Runtime.CompilerServices;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>
/// The rewrite of cl100k's regex that tiktoken uses since 2024. It was meant to be the same but is not: <c>\s++$</c> comes before <c>\s*[\r\n]</c>, so that
/// white space at the end of a text is one piece even where a line break is followed by blanks.
/// </summary>
internal readonly struct TiktokenRules<TDigits> : IPieceRules
    where TDigits : struct, IDigits
{
    public static string Pattern { get; } =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}" + Digits.Quantifier(TDigits.Policy) + @"+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextEnd(ref byte text, int start, int end)
    {
        int next = Cl100kRules<TDigits>.NextEnd(ref text, start, end);
        byte last = Unsafe.Add(ref text, next - 1);
        return last is (byte)'\n' or (byte)'\r' && next < end ? ToEnd(ref text, start, next, end) : next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Starts(in AsciiBlock block, ref byte text, int room) => Cl100kRules<TDigits>.Starts(block, ref text, room);

    /// <summary>The end of the text if the piece and all behind it are white space, else the end of the piece.</summary>
    private static int ToEnd(ref byte text, int start, int next, int end)
    {
        CharacterClass c = CharacterClasses.Read(ref text, start, end, out _);
        // A piece of punctuation also ends in line breaks.
        if ((c & CharacterClass.Space) == 0 || (Unsafe.Add(ref text, start) == ' ' && Runs.IsOther(CharacterClasses.Read(ref text, start + 1, end, out _))))
            return next;
        for (int at = next; at < end;)
        {
            if ((CharacterClasses.Read(ref text, at, end, out int length) & CharacterClass.Space) == 0)
                return next;
            at += length;
        }
        return end;
    }
}
