namespace Athanor.Data.Compression;

/// <summary>What deflate's symbols mean (RFC 1951, section 3.2.5), as entries of tables without the codes' lengths, and the codes that are fixed.</summary>
internal static class InflateSymbols
{
    /// <summary>Literals and lengths a block may name, and distances; the fixed codes have two more of each, which mean nothing.</summary>
    public const int MostLengths = 286, MostDistances = 30;

    /// <summary>Bits of the tables' indexes, and the entries that the worst code needs with them (enough 288 10 15 and enough 32 8 15, by the program of that name that zlib has). Ten bits rather than eleven: pages of 30 kB have a table of their own each, which takes time to fill.</summary>
    public const int LengthBits = 10, LengthEntries = 1334, DistanceBits = 8, DistanceEntries = 402, PreBits = 7;

    public static uint[] Lengths { get; } = MakeLengths();

    public static uint[] Distances { get; } = MakeDistances();

    /// <summary>The code of codes' lengths: its symbols as they are.</summary>
    public static uint[] Pre { get; } = [.. Enumerable.Range(0, 19).Select(symbol => (uint)symbol << 16)];

    /// <summary>The order in which a block gives the lengths of that code.</summary>
    public static ReadOnlySpan<byte> PreOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    public static InflateTable FixedLengths { get; } = Fixed(LengthBits, LengthEntries, [.. Enumerable.Range(0, 288).Select(symbol => (byte)(symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))], Lengths);

    public static InflateTable FixedDistances { get; } = Fixed(DistanceBits, DistanceEntries, [.. Enumerable.Repeat((byte)5, 32)], Distances);

    private static InflateTable Fixed(int bits, int entries, byte[] lengths, uint[] symbols)
    {
        var table = new InflateTable(bits, entries);
        table.Make(lengths, symbols, partial: false);
        return table;
    }

    private static uint[] MakeLengths()
    {
        uint[] symbols = new uint[288];
        for (uint literal = 0; literal < 256; literal++)
            symbols[literal] = InflateTable.Literal | literal << 16;
        symbols[256] = InflateTable.Other | InflateTable.EndOfBlock;
        for (uint i = 0, length = 3; i < 28; i++)
        {
            uint extra = i < 8 ? 0 : i / 4 - 1;
            symbols[257 + i] = length << 16 | extra;
            length += 1u << (int)extra;
        }
        symbols[285] = 258 << 16;
        symbols[286] = symbols[287] = InflateTable.Other | InflateTable.Invalid;
        return symbols;
    }

    private static uint[] MakeDistances()
    {
        uint[] symbols = new uint[32];
        for (uint i = 0, distance = 1; i < 30; i++)
        {
            uint extra = i < 4 ? 0 : i / 2 - 1;
            symbols[i] = distance << 16 | extra;
            distance += 1u << (int)extra;
        }
        symbols[30] = symbols[31] = InflateTable.Other | InflateTable.Invalid;
        return symbols;
    }
}
