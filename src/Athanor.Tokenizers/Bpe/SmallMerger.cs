using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.Bpe;

/// <summary><see cref="HeapMerger"/> for short texts: looks for the lowest rank by walking all pairs.</summary>
internal static class SmallMerger
{
    public const int Most = 24;

    [SkipLocalsInit]
    public static int Merge<TRanks>(ReadOnlySpan<byte> text, TRanks ranks, Span<int> symbols, out int lastLeft, out int lastRight)
        where TRanks : IMergeRanks
    {
        Span<uint> rank = stackalloc uint[Most];
        Span<int> merged = stackalloc int[Most];
        int count = text.Length;
        for (int i = 0; i < count; i++)
            symbols[i] = ranks.Symbol(text[i]);
        for (int i = 0; i + 1 < count; i++)
            Look(symbols, rank, merged, i, ranks);
        lastLeft = lastRight = -1;
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                best = rank[i] < rank[best] ? i : best;
            if (rank[best] == uint.MaxValue)
                break;
            (lastLeft, lastRight) = (symbols[best], symbols[best + 1]);
            symbols[best] = merged[best];
            count--;
            for (int i = best + 1; i < count; i++)
                (symbols[i], rank[i], merged[i]) = (symbols[i + 1], rank[i + 1], merged[i + 1]);
            if (best + 1 < count)
                Look(symbols, rank, merged, best, ranks);
            if (best > 0)
                Look(symbols, rank, merged, best - 1, ranks);
        }
        return count;
    }

    private static void Look<TRanks>(Span<int> symbols, Span<uint> rank, Span<int> merged, int at, TRanks ranks)
        where TRanks : IMergeRanks
    {
        if (!ranks.TryGet(symbols[at], symbols[at + 1], out rank[at], out merged[at]))
            rank[at] = uint.MaxValue;
    }
}
