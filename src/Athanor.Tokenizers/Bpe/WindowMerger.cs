using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// The merges of up to 64 bytes. The pair of the lowest rank is found by a vector minimum over all positions, and merged wherever it stands in one go:
/// its merges make only pairs of higher rank (where <see cref="BpeSymbols.Monotone"/>), so that textbook order does the same.
/// Which positions still start a symbol is a 64-bit mask, so that neighbours are found by counting zeros.
/// </summary>
internal static class WindowMerger
{
    public const int Most = 64;

    /// <summary>Leaves in <paramref name="work"/> the symbol that starts at each position of the mask that is returned.</summary>
    public static unsafe ulong Merge(ref byte text, int length, BpeSymbols symbols, Workspace* work)
    {
        PairTable pairs = symbols.Pairs;
        ref readonly uint bytes = ref pairs.Bytes;
        uint* ranks = work->Ranks;
        int* at = work->Symbols;
        int vectors = (length + Vector512<uint>.Count - 1) / Vector512<uint>.Count;
        for (int i = (length - 1) & -Vector512<uint>.Count; i < length; i += Vector512<uint>.Count)
            Vector512.Store(Vector512<uint>.AllBitsSet, ranks + i);
        int previous = text;
        for (int i = 1; i < length; i++)
        {
            int next = Unsafe.Add(ref text, i);
            at[i - 1] = previous;
            ranks[i - 1] = Unsafe.Add(ref Unsafe.AsRef(in bytes), (previous << 8) | next);
            previous = next;
        }
        at[length - 1] = previous;
        ulong alive = length == 64 ? ulong.MaxValue : (1UL << length) - 1;
        bool everywhere = symbols.Monotone;
        while (true)
        {
            Vector512<uint> lowest = Vector512.Load(ranks);
            for (int v = 1; v < vectors; v++)
                lowest = Vector512.Min(lowest, Vector512.Load(ranks + v * Vector512<uint>.Count));
            uint rank = Minimum(lowest);
            if (rank == PairTable.None)
                return alive;
            Vector512<uint> wanted = Vector512.Create(rank);
            ulong where = 0;
            for (int v = 0; v < vectors; v++)
                where |= Vector512.Equals(Vector512.Load(ranks + v * Vector512<uint>.Count), wanted).ExtractMostSignificantBits() << (v * Vector512<uint>.Count);
            if (!everywhere)
                where &= 0 - where;
            int merged = (int)rank;
            do
            {
                int left = BitOperations.TrailingZeroCount(where);
                ulong behindLeft = alive & (ulong.MaxValue << left << 1);
                int right = BitOperations.TrailingZeroCount(behindLeft);
                alive ^= 1UL << right;
                // Where the pair is of equal symbols, its next occurrence may start at what was just taken.
                where &= where - 1;
                where &= ~(1UL << right);
                ranks[right] = PairTable.None;
                at[left] = merged;
                ulong behind = behindLeft & (behindLeft - 1);
                ranks[left] = behind == 0 ? PairTable.None : pairs.Find(merged, at[BitOperations.TrailingZeroCount(behind)]);
                ulong before = alive & ((1UL << left) - 1);
                if (before != 0)
                {
                    int neighbour = 63 - BitOperations.LeadingZeroCount(before);
                    ranks[neighbour] = pairs.Find(at[neighbour], merged);
                }
            }
            while (where != 0);
        }
    }

    /// <summary>
    /// As <see cref="Merge"/> for up to 16 bytes of <see cref="BpeSymbols.Monotone"/> symbols, where AVX2 is: the ranks stay in a register, since reading a vector from where
    /// single ranks were just written waits for the writes each time.
    /// </summary>
    public static unsafe ulong MergeFew(ref byte text, int length, BpeSymbols symbols, Workspace* work)
    {
        PairTable pairs = symbols.Pairs;
        int* at = work->Symbols;
        Vector128<byte> bytes;
        byte* copy = stackalloc byte[16];
        Unsafe.CopyBlockUnaligned(ref *copy, ref text, (uint)length);
        bytes = Vector128.Load(copy);
        (Vector256<int> low, Vector256<int> high) = (Avx2.ConvertToVector256Int32(bytes), Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(bytes, 8)));
        low.Store(at);
        high.Store(at + 8);
        Vector128<byte> next = Sse2.ShiftRightLogical128BitLane(bytes, 1);
        Vector256<int> lowPair = (low << 8) | Avx2.ConvertToVector256Int32(next), highPair = (high << 8) | Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(next, 8));
        Vector512<uint> lanes = Vector512<uint>.Indices, ranks;
        fixed (uint* table = &pairs.Bytes)
            ranks = Vector512.Create(Avx2.GatherVector256(table, lowPair, 4), Avx2.GatherVector256(table, highPair, 4));
        ranks |= Vector512.GreaterThanOrEqual(lanes, Vector512.Create((uint)length - 1));
        uint alive = (uint)((1UL << length) - 1);
        while (true)
        {
            uint rank = Minimum(ranks);
            if (rank == PairTable.None)
                return alive;
            uint where = (uint)Vector512.Equals(ranks, Vector512.Create(rank)).ExtractMostSignificantBits();
            do
            {
                int left = BitOperations.TrailingZeroCount(where);
                uint behindLeft = alive & (uint.MaxValue << left << 1);
                int right = BitOperations.TrailingZeroCount(behindLeft);
                alive ^= 1u << right;
                where &= where - 1;
                where &= ~(1u << right);
                at[left] = (int)rank;
                uint behind = behindLeft & (behindLeft - 1), before = alive & ((1u << left) - 1);
                uint after = behind == 0 ? PairTable.None : pairs.Find((int)rank, at[BitOperations.TrailingZeroCount(behind)]);
                ranks |= Vector512.Equals(lanes, Vector512.Create((uint)right));
                ranks = Vector512.ConditionalSelect(Vector512.Equals(lanes, Vector512.Create((uint)left)), Vector512.Create(after), ranks);
                if (before != 0)
                {
                    int neighbour = 31 - BitOperations.LeadingZeroCount(before);
                    ranks = Vector512.ConditionalSelect(Vector512.Equals(lanes, Vector512.Create((uint)neighbour)), Vector512.Create(pairs.Find(at[neighbour], (int)rank)), ranks);
                }
            }
            while (where != 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Minimum(Vector512<uint> values)
    {
        Vector256<uint> half = Vector256.Min(values.GetLower(), values.GetUpper());
        Vector128<uint> quarter = Vector128.Min(half.GetLower(), half.GetUpper());
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create(2u, 3, 0, 1)));
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create(1u, 0, 3, 2)));
        return quarter.ToScalar();
    }

    /// <summary>Memory for one window, kept in the scratch of a thread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Workspace
    {
        public fixed uint Ranks[Most];
        public fixed int Symbols[Most];
    }
}
