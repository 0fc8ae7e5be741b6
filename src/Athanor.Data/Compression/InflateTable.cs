using System.Numerics;

namespace Athanor.Data.Compression;

/// <summary>
/// Decodes one of deflate's codes (RFC 1951, section 3.2.2): the next bits of the input are the index of an entry that says everything about the symbol. Codes longer than the
/// index lead to a second table. An entry's bits: 0 to 7 how many bits the symbol takes, those of its number behind the code included; 8 to 11 how many of them are code; 16 to 30 the
/// literal, the base of a length or distance, or the place of the second table; and flags.
/// </summary>
internal sealed class InflateTable(int bits, int entries)
{
    /// <summary>The symbol is a byte.</summary>
    public const uint Literal = 1u << 31;

    /// <summary>The entry is no byte, length or distance: a second table, or one of the two below.</summary>
    public const uint Other = 1 << 15;

    /// <summary>The block ends.</summary>
    public const uint EndOfBlock = 1 << 14;

    /// <summary>No code begins so.</summary>
    public const uint Invalid = 1 << 13;

    public const int LongestCode = 15;

    /// <summary>Bits of the index.</summary>
    public int Bits { get; } = bits;

    public uint[] Entries { get; } = new uint[entries];

    /// <summary>Makes the table of a code.</summary>
    /// <param name="lengths">The length of each symbol's code, 0 where it has none.</param>
    /// <param name="symbols">What entries say about each symbol: flags, value and bits behind the code.</param>
    /// <param name="partial">Whether a code of a single symbol will do, as one of none always does until it is used; all others must be whole.</param>
    /// <returns>False where the lengths are no code.</returns>
    public bool Make(ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols, bool partial)
    {
        Span<int> counts = stackalloc int[LongestCode + 1], others = stackalloc int[LongestCode + 1], places = stackalloc int[LongestCode + 1];
        Span<ushort> sorted = stackalloc ushort[lengths.Length];
        counts.Clear();
        others.Clear();
        // Lengths repeat: of two counts one need not wait for the other.
        int symbol = 0;
        for (; symbol + 1 < lengths.Length; symbol += 2)
        {
            counts[lengths[symbol]]++;
            others[lengths[symbol + 1]]++;
        }
        if (symbol < lengths.Length)
            counts[lengths[symbol]]++;
        int unused = counts[0] + others[0], left = 1, place = unused;
        (counts[0], places[0]) = (0, 0);
        for (int length = 1; length <= LongestCode; length++)
        {
            counts[length] += others[length];
            places[length] = place;
            place += counts[length];
            left = left * 2 - counts[length];
            if (left < 0)
                return false;
        }
        if (left > 0)
            return (unused == lengths.Length || (partial && lengths.Length - unused == counts[1])) && Single(lengths, symbols);
        // Symbols without a code come first, which saves asking.
        for (symbol = 0; symbol < lengths.Length; symbol++)
            sorted[places[lengths[symbol]]++] = (ushort)symbol;
        Fill(lengths, symbols, sorted[unused..], counts);
        return true;
    }

    /// <summary>At most one symbol, of one bit.</summary>
    private bool Single(ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols)
    {
        Span<uint> table = Entries.AsSpan(0, 1 << Bits);
        table.Fill(Other | Invalid | 0x101);
        int symbol = lengths.IndexOf((byte)1);
        for (int i = 0; symbol >= 0 && i < table.Length; i += 2)
            table[i] = Entry(symbols[symbol], 1);
        return true;
    }

    /// <summary>Codes come in the order of their lengths, with their first bit lowest. Up to the index's length the table doubles with each bit, so that each code is written once.</summary>
    private void Fill(ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols, ReadOnlySpan<ushort> sorted, Span<int> counts)
    {
        Span<uint> table = Entries;
        int code = 0, known = 1, end = 1 << Bits, prefix = -1, second = 0, secondBits = 0;
        foreach (ushort symbol in sorted)
        {
            int length = lengths[symbol];
            for (; known < 1 << Math.Min(length, Bits); known *= 2)
                table[..known].CopyTo(table[known..]);
            if (length <= Bits)
                table[code] = Entry(symbols[symbol], length);
            else
            {
                if ((code & ((1 << Bits) - 1)) != prefix)
                {
                    prefix = code & ((1 << Bits) - 1);
                    secondBits = length - Bits;
                    for (int room = counts[length]; room < 1 << secondBits; room = room * 2 + counts[Bits + secondBits])
                        secondBits++;
                    (second, end) = (end, end + (1 << secondBits));
                    table[prefix] = Other | (uint)second << 16 | (uint)secondBits << 8 | (uint)Bits;
                }
                for (int i = second + (code >> Bits); i < end; i += 1 << (length - Bits))
                    table[i] = Entry(symbols[symbol], length - Bits);
            }
            counts[length]--;
            // The next code: the highest bit that is 0 becomes 1, those above it 0.
            int zeros = ~code & ((1 << length) - 1);
            if (zeros == 0)
                break;
            int bit = 1 << BitOperations.Log2((uint)zeros);
            code = (code & (bit - 1)) | bit;
        }
        for (; known < 1 << Bits; known *= 2)
            table[..known].CopyTo(table[known..]);
    }

    private static uint Entry(uint symbol, int length) => symbol + (uint)length * 0x101;
}
