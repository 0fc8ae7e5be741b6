using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Sorting of 64-bit items (key in the upper half, position in the lower) by key, stably: the order in which scattered rows are
/// added, and the engine of sort and top-k.
/// </summary>
internal static unsafe class IndexOrder
{
    private const int Bits = 11, Buckets = 1 << Bits, Small = 256;

    /// <summary>Sorts <paramref name="items"/> ascending; <paramref name="other"/> is room for as many.</summary>
    /// <param name="keyBits">Bits of the key that can be set.</param>
    public static void Sort(ulong* items, ulong* other, int count, int keyBits)
    {
        if (count <= Small)
        {
            // Positions make the items distinct, so an unstable sort is stable.
            new Span<ulong>(items, count).Sort();
            return;
        }
        int* starts = stackalloc int[Buckets];
        ulong* from = items, to = other;
        for (int shift = 32; shift < 32 + keyBits; shift += Bits)
        {
            new Span<int>(starts, Buckets).Clear();
            for (int i = 0; i < count; i++)
                starts[(int)(from[i] >> shift) & (Buckets - 1)]++;
            int sum = 0;
            for (int b = 0; b < Buckets; b++)
            {
                int size = starts[b];
                starts[b] = sum;
                sum += size;
            }
            for (int i = 0; i < count; i++)
                to[starts[(int)(from[i] >> shift) & (Buckets - 1)]++] = from[i];
            ulong* done = to;
            to = from;
            from = done;
        }
        if (from != items)
            new Span<ulong>(from, count).CopyTo(new Span<ulong>(items, count));
    }

    /// <summary>
    /// Items (index, position) of a list of indices, sorted: equal indices are neighbours, in order of position. They lie in slot 0 of
    /// the caller's scratch.
    /// </summary>
    public static ulong* Order(int* indices, int count, int limit)
    {
        var items = (ulong*)ThreadScratch.Get(0, 2L * count * sizeof(ulong));
        for (int i = 0; i < count; i++)
            items[i] = ((ulong)(uint)indices[i] << 32) | (uint)i;
        Sort(items, items + count, count, 32 - int.LeadingZeroCount(Math.Max(limit - 1, 1)));
        return items;
    }

    /// <summary>Throws when an index lies outside 0 … limit − 1.</summary>
    public static void Check(int* indices, long count, int limit, string what)
    {
        for (long i = 0; i < count; i++)
        {
            if ((uint)indices[i] >= (uint)limit)
                throw new ArgumentOutOfRangeException(nameof(indices), $"Index {indices[i]} at position {i} is outside the {limit} rows of the {what} (0 … {limit - 1}).");
        }
    }
}
