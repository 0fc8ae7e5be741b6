using System.Numerics;
using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>The parts of <see cref="IPieceRules.Starts"/> that several regexes share.</summary>
internal static class StartRules
{
    /// <summary>The starts of <c>\p{N}{1,n}</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Numbers(ulong numbers, DigitPolicy digits)
    {
        ulong starts = numbers & ~(numbers << 1);
        switch (digits)
        {
            case DigitPolicy.One:
                return numbers;
            case DigitPolicy.Two:
                ulong three = numbers & (numbers << 1) & (numbers << 2);
                for (ulong next = (starts << 2) & three; next != 0; next = (next << 2) & three)
                    starts |= next;
                return starts;
            case DigitPolicy.Three:
                ulong four = numbers & (numbers << 1) & (numbers << 2) & (numbers << 3);
                for (ulong next = (starts << 3) & four; next != 0; next = (next << 3) & four)
                    starts |= next;
                return starts;
            default:
                return starts;
        }
    }

    /// <summary>
    /// The starts in white space by <c>[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>: a run goes up to its last line break, what is left gives its last character
    /// to what follows, and line breaks behind punctuation belong to that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong WhiteSpace(in AsciiBlock block, ulong blanks, ulong others)
    {
        ulong newLines = block.NewLines, white = blanks | newLines;
        ulong starts = (newLines & ~(white << 1) & ~(others << 1)) | (blanks & ~(white << 1)) | (blanks & ~(white >> 1) & (block.Known >> 1));
        ulong behindBreak = blanks & (newLines << 1);
        return behindBreak == 0 ? starts : starts | BehindBreaks(behindBreak, block.Known, blanks, newLines, others);
    }

    /// <summary>Of the runs of blanks behind a line break those that start a piece: no line break follows in the run of white space, or the one before belongs to punctuation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BehindBreaks(ulong behindBreak, ulong known, ulong blanks, ulong newLines, ulong others)
    {
        // Runs that reach the end of the block are left open: nothing is known about what follows. The sum carries through a run of ones from its first.
        ulong beyond = (blanks + behindBreak) & ~blanks;
        ulong ends = beyond & known & (blanks << 1);
        if ((ends & newLines) == 0)
            return ends == 0 ? 0 : Closed(behindBreak, ends);
        ulong seeds = newLines & (others << 1), punctuation = newLines & ~(newLines + seeds);
        ulong starts = 0;
        for (; behindBreak != 0; behindBreak &= behindBreak - 1)
        {
            ulong start = behindBreak & (0 - behindBreak), end = (blanks + start) & ~blanks & known;
            end &= 0 - end;
            end &= ~((start << 1) - 1);
            if (end == 0)
                break;
            if ((end & newLines) == 0 || (start & (punctuation << 1)) != 0)
                starts |= start;
        }
        return starts;
    }

    /// <summary>The starts below the last end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Closed(ulong starts, ulong ends) => starts & (ulong.MaxValue >> BitOperations.LeadingZeroCount(ends));
}
