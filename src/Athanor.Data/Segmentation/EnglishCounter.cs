using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Segmentation;

/// <summary>
/// Sums over spaCy's words without making them: <see cref="EnglishWords"/> and what is counted of it, in one pass. Pieces between white space that consist of letters are counted 64 code units at a time, all
/// others are split once and their sums remembered. Not thread-safe: a worker has its own.
/// </summary>
internal sealed class EnglishCounter
{
    private const int SlotBits = 16, LongestRemembered = 255;

    private readonly Slot[] _slots = new Slot[1 << SlotBits];
    private readonly List<int> _ends = [];

    /// <summary>The sums of a piece that was split before, eight bits each: words, solid words, words with a letter, code points, stop words.</summary>
    private struct Slot
    {
        public ulong Key;
        public ulong Sums;
    }

    /// <summary>What a pass has summed up.</summary>
    private ref struct Sums
    {
        public int Words, Solid, Alphabetic;
        public long Points;
        public uint StopWords;
    }

    /// <summary>Counts the words of a text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public EnglishTotals Count(ReadOnlySpan<char> text)
    {
        var sums = default(Sums);
        PlainWords.View plainWords = PlainWords.Table;
        Span<char> tail = stackalloc char[CharacterBlock.Size];
        ref ushort first = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        ulong before = 0, otherOpen = 0;
        uint stopWords = 0;
        int plain = 0;
        long plainUnits = 0;
        // The last block is filled up with blanks, which end the last piece.
        for (int at = 0; at <= text.Length; at += CharacterBlock.Size)
        {
            CharacterBlock block;
            if (at + CharacterBlock.Size <= text.Length)
                block = CharacterBlock.Read(ref Unsafe.Add(ref first, at));
            else
            {
                tail.Fill(' ');
                text[at..].CopyTo(tail);
                block = CharacterBlock.Read(ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(tail)));
            }
            ulong filled = ~block.Blank, ends = block.Blank & (filled << 1 | before >> 63);
            // A sum carries from a character that is no letter to the end of its piece: the ends of pieces with such characters.
            ulong other = (block.Other & filled) | (otherOpen & filled), sum = unchecked(filled + other);
            ulong otherEnds = block.Blank & (sum | otherOpen);
            otherOpen = sum < filled ? 1UL : 0;
            ulong plainEnds = ends & ~otherEnds;
            plain += BitOperations.PopCount(plainEnds);
            plainUnits += BitOperations.PopCount(filled);
            for (; plainEnds != 0; plainEnds &= plainEnds - 1)
            {
                int bit = BitOperations.TrailingZeroCount(plainEnds), end = at + bit;
                int length = BitOperations.LeadingZeroCount(~(before >> bit | filled << 1 << (63 - bit)));
                ulong key = end >= 8 ? LastLetters(ref first, end, length) : PlainWords.Key(text[(end - length)..end]);
                stopWords |= plainWords.StopWord(key);
                if (plainWords.MayBeException(key))
                {
                    plain--;
                    plainUnits -= AddPiece(text, end, length, ref sums);
                }
            }
            for (; otherEnds != 0; otherEnds &= otherEnds - 1)
            {
                int bit = BitOperations.TrailingZeroCount(otherEnds);
                int length = BitOperations.LeadingZeroCount(~(before >> bit | filled << 1 << (63 - bit)));
                plainUnits -= AddPiece(text, at + bit, length, ref sums);
            }
            before = filled;
        }
        return new EnglishTotals(sums.Words + plain, sums.Solid + plain, sums.Points + plainUnits, sums.Alphabetic + plain, BitOperations.PopCount(sums.StopWords | stopWords));
    }

    /// <summary>The last eight letters of a word as bytes, or all of them with zeros in front; eight code units in front of the end can be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LastLetters(ref ushort first, int end, int length)
    {
        Vector128<ushort> units = Vector128.LoadUnsafe(ref first, (nuint)(end - 8));
        ulong letters = Vector128.Narrow(units, units).AsUInt64().ToScalar();
        int missing = 8 - Math.Min(8, length);
        return letters >> (missing * 8) << (missing * 8);
    }

    /// <summary>Adds the words of a piece; returns its code units.</summary>
    private int AddPiece(ReadOnlySpan<char> text, int end, int length, ref Sums sums)
    {
        int start = end - length;
        if (length == CharacterBlock.Size)
        {
            while (start > 0 && !CharacterClasses.IsSpace(text[start - 1]))
                start--;
            length = end - start;
            if (length > LongestRemembered)
            {
                Split(text[start..end], ref sums);
                return length;
            }
        }
        // Never 0, which stands for an empty slot.
        ulong key = WordHash.OfPiece(text, start, length) | 1;
        int at = (int)(key >> (64 - SlotBits));
        ulong found = _slots[at].Sums;
        if (_slots[at].Key != key)
            found = Search(text.Slice(start, length), key, at);
        sums.Words += (byte)found;
        sums.Solid += (byte)(found >> 8);
        sums.Alphabetic += (byte)(found >> 16);
        sums.Points += (byte)(found >> 24);
        sums.StopWords |= (byte)(found >> 32);
        return length;
    }

    /// <summary>Looks in the second place for a piece; splits it where it is not there.</summary>
    private ulong Search(ReadOnlySpan<char> piece, ulong key, int at)
    {
        ref Slot slot = ref _slots[at], second = ref _slots[at ^ 1];
        if (second.Key == key)
            return second.Sums;
        var sums = default(Sums);
        Split(piece, ref sums);
        second = slot;
        slot = new Slot { Key = key, Sums = (uint)sums.Words | (uint)sums.Solid << 8 | (uint)sums.Alphabetic << 16 | (uint)sums.Points << 24 | (ulong)sums.StopWords << 32 };
        return slot.Sums;
    }

    private void Split(ReadOnlySpan<char> piece, ref Sums sums)
    {
        EnglishSplitter.Split(piece, _ends);
        sums.Words += _ends.Count;
        int start = 0;
        foreach (int end in _ends)
        {
            ReadOnlySpan<char> word = piece[start..end];
            WordTraits traits = SpaceWords.Traits(word);
            start = end;
            sums.Alphabetic += (traits & WordTraits.Alphabetic) != 0 ? 1 : 0;
            if ((traits & WordTraits.StopWord) != 0)
                sums.StopWords |= PlainWords.Table.StopWord(PlainWords.Key(word));
            if ((traits & WordTraits.Solid) == 0)
                continue;
            sums.Solid++;
            sums.Points += SpaceWords.CodePoints(word);
        }
    }
}
