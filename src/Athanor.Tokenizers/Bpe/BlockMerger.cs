using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tokenizers.Bpe;

/// <summary>As <see cref="WindowMerger"/> for up to 512 bytes, with links between neighbours instead of a mask; for tokens that do not fit a window of 64.</summary>
internal sealed class BlockMerger
{
    public const int Most = 512;

    private readonly uint[] _ranks = new uint[Most];
    private readonly int[] _symbols = new int[Most];
    private readonly short[] _next = new short[Most];
    private readonly short[] _previous = new short[Most];

    /// <summary>Writes the symbols of a text of at most <see cref="Most"/> bytes; returns how many.</summary>
    public int Merge(ref byte text, int length, BpeSymbols symbols, Span<int> output)
    {
        PairTable pairs = symbols.Pairs;
        uint[] ranks = _ranks;
        int[] at = _symbols;
        ranks.AsSpan().Fill(PairTable.None);
        for (int i = 0; i < length; i++)
            (at[i], _next[i], _previous[i]) = (Unsafe.Add(ref text, i), (short)(i + 1), (short)(i - 1));
        for (int i = 0; i + 1 < length; i++)
            ranks[i] = Unsafe.Add(ref Unsafe.AsRef(in pairs.Bytes), (at[i] << 8) | at[i + 1]);
        int end = (length + Vector512<uint>.Count - 1) & -Vector512<uint>.Count;
        while (true)
        {
            Vector512<uint> lowest = Vector512<uint>.AllBitsSet;
            for (int i = 0; i < end; i += Vector512<uint>.Count)
                lowest = Vector512.Min(lowest, Vector512.LoadUnsafe(ref ranks[0], (nuint)i));
            uint rank = WindowMerger.Minimum(lowest);
            if (rank == PairTable.None)
                break;
            Vector512<uint> wanted = Vector512.Create(rank);
            for (int i = 0; i < end; i += Vector512<uint>.Count)
            {
                ulong where = Vector512.Equals(Vector512.LoadUnsafe(ref ranks[0], (nuint)i), wanted).ExtractMostSignificantBits();
                for (; where != 0; where &= where - 1)
                {
                    int left = i + BitOperations.TrailingZeroCount(where);
                    // An occurrence before may have taken this one's left symbol.
                    if (ranks[left] != rank)
                        continue;
                    MergeAt(left, (int)rank, length, pairs);
                    if (!symbols.Monotone)
                    {
                        i = end;
                        break;
                    }
                }
            }
        }
        int count = 0;
        for (int i = 0; i < length; i = _next[i])
            output[count++] = at[i];
        return count;
    }

    private void MergeAt(int left, int merged, int length, PairTable pairs)
    {
        int right = _next[left], behind = _next[right], before = _previous[left];
        _symbols[left] = merged;
        _ranks[right] = PairTable.None;
        _next[left] = (short)behind;
        _ranks[left] = PairTable.None;
        if (behind < length)
        {
            _previous[behind] = (short)left;
            _ranks[left] = pairs.Find(merged, _symbols[behind]);
        }
        if (before >= 0)
            _ranks[before] = pairs.Find(_symbols[before], merged);
    }
}
