using System.Numerics;
using System.Runtime.CompilerServices;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>o200k's regex: words are cut where a small letter meets a capital, and take their contraction along.</summary>
internal readonly struct O200kRules : IPieceRules
{
    private const CharacterClass Cased = CharacterClass.Upper | CharacterClass.Lower;

    public static string Pattern =>
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" +
        @"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextEnd(ref byte text, int start, int end)
    {
        byte first = Unsafe.Add(ref text, start);
        CharacterClass c = CharacterClasses.Read(ref text, start, end, out int length);
        int at = start + length;
        if ((c & CharacterClass.Number) != 0)
            return Runs.Numbers(ref text, start, end, DigitPolicy.Three);
        CharacterClass next = CharacterClass.Space;
        bool prefix = (c & (CharacterClass.Letter | CharacterClass.NewLine)) == 0 && at < end;
        if (prefix)
            next = CharacterClasses.Read(ref text, at, end, out _);
        // Alternatives in their order: the small-letter form behind a prefix, without one (a mark can be both), then the capitals.
        if ((next & Cased) != 0 && SmallWord(ref text, at, end) is > 0 and int behindPrefix)
            return Contraction(ref text, behindPrefix, end);
        if ((c & Cased) != 0)
        {
            int word = SmallWord(ref text, start, end);
            return Contraction(ref text, word > 0 ? word : Capitals(ref text, start, end), end);
        }
        if ((next & Cased) != 0)
            return Contraction(ref text, Capitals(ref text, at, end), end);
        if (Runs.IsOther(c) || (first == ' ' && Runs.IsOther(next)))
            return NewLinesAndSlashes(ref text, Runs.Others(ref text, at, end), end);
        return Runs.Spaces(ref text, start, end, newLines: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Starts(in AsciiBlock block, ref byte text, int room)
    {
        ulong capitals = block.Capitals, smalls = block.Smalls, letters = capitals | smalls, others = block.Others, newLines = block.NewLines;
        ulong blanks = block.Blanks, behindSpace = block.Spaces << 1;
        ulong prefixes = others & ~(others << 1) & ~behindSpace & (letters >> 1);
        ulong starts = (letters & ~(letters << 1) & ~(blanks << 1) & ~(prefixes << 1)) | (capitals & (smalls << 1)) | (others & ~(others << 1) & ~behindSpace)
            | StartRules.Numbers(block.Numbers, DigitPolicy.Three) | StartRules.WhiteSpace(block, blanks, others);
        ulong quotes = block.Apostrophes & (letters << 1);
        if (quotes != 0)
            starts = Contractions(starts, quotes, letters, ref text, room);
        // Slashes behind the line breaks of punctuation belong to it: rare, and left to NextEnd by ending before.
        ulong slashes = block.Slashes & (newLines << 1);
        return slashes == 0 ? starts : starts & ((slashes & (0 - slashes)) - 1);
    }

    private static ulong Contractions(ulong starts, ulong quotes, ulong letters, ref byte text, int room)
    {
        int lastEnd = -1;
        for (; quotes != 0; quotes &= quotes - 1)
        {
            int at = BitOperations.TrailingZeroCount(quotes);
            // A word takes one contraction only, and a contraction is no word.
            int length = at == lastEnd ? 0 : Runs.Contraction(ref text, at + 1, room);
            if (length == 0)
                continue;
            lastEnd = at + 1 + length;
            ulong inside = ((1UL << length << 1) - 1) << at;
            starts = (starts & ~inside) | ((1UL << at << length << 1) & letters);
        }
        return starts;
    }

    /// <summary>
    /// <c>[Lu Lt Lm Lo M]*[Ll Lm Lo M]+</c>, 0 for no match: the capitals take what they can; where no small letter follows,
    /// they give back down to the last character that is in both sets, and that ends the word.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SmallWord(ref byte text, int at, int end)
    {
        int behindBoth = 0;
        CharacterClass c = CharacterClass.None;
        int length = 0;
        for (; at < end; at += length)
        {
            c = CharacterClasses.Read(ref text, at, end, out length);
            if ((c & CharacterClass.Upper) == 0)
                break;
            if ((c & CharacterClass.Lower) != 0)
                behindBoth = at + length;
        }
        if (at >= end || (c & CharacterClass.Lower) == 0)
            return behindBoth;
        for (at += length; at < end; at += length)
        {
            if ((CharacterClasses.Read(ref text, at, end, out length) & CharacterClass.Lower) == 0)
                break;
        }
        return at;
    }

    /// <summary><c>[Lu Lt Lm Lo M]+</c>, where the small-letter form did not match and so no small letter follows.</summary>
    private static int Capitals(ref byte text, int at, int end)
    {
        while (at < end && (CharacterClasses.Read(ref text, at, end, out int length) & CharacterClass.Upper) != 0)
            at += length;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Contraction(ref byte text, int at, int end)
    {
        if (at < end && Unsafe.Add(ref text, at) == '\'' && Runs.Contraction(ref text, at + 1, end) is > 0 and int length)
            return at + 1 + length;
        return at;
    }

    private static int NewLinesAndSlashes(ref byte text, int at, int end)
    {
        while (at < end && Unsafe.Add(ref text, at) is (byte)'\r' or (byte)'\n' or (byte)'/')
            at++;
        return at;
    }
}
