using System.Runtime.CompilerServices;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>
/// Sorts records by digits of eight bits from the least to the most significant (Knuth, TAOCP 3, 5.2.5), then puts right the few that differ only below. Of hashes the upper
/// 40 bits are sorted by: among 2^24 random ones, about 120 pairs share them. Digits that are alike everywhere are passed over.
/// </summary>
internal static unsafe class RadixSort
{
    private const int Digits = 256, Few = 64, LongWay = 2048;

    /// <summary>Sorts; the result lies where the return value points: in one of the two arrays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static T* Sort<T>(T* records, T* spare, long count) where T : unmanaged, ISortRecord<T>
    {
        if (count <= Few)
        {
            Insertion(records, count);
            return records;
        }
        int lowest = T.Hashed ? 3 : 0;
        long* counts = stackalloc long[8 * Digits];
        new Span<long>(counts, 8 * Digits).Clear();
        for (long i = 0; i < count; i++)
        {
            ulong key = T.Key(in records[i]);
            for (int digit = lowest; digit < 8; digit++)
                counts[digit * Digits + (int)((key >> (8 * digit)) & 0xFF)]++;
        }
        T** to = stackalloc T*[Digits];
        for (int digit = lowest; digit < 8; digit++)
        {
            long* count8 = counts + digit * Digits;
            int shift = 8 * digit;
            if (count8[(T.Key(in records[0]) >> shift) & 0xFF] == count)
                continue;
            T* next = spare;
            for (int value = 0; value < Digits; value++)
            {
                to[value] = next;
                next += count8[value];
            }
            for (T* record = records, end = records + count; record < end; record++)
                *to[(T.Key(in *record) >> shift) & 0xFF]++ = *record;
            T* sorted = spare;
            spare = records;
            records = sorted;
        }
        Insertion(records, count);
        return records;
    }

    /// <summary>Moves each record before those that it is less than. Long ways mean many keys that differ below the digits sorted by; then all is sorted by comparison.</summary>
    private static void Insertion<T>(T* records, long count) where T : unmanaged, ISortRecord<T>
    {
        for (long i = 1; i < count; i++)
        {
            if (!T.Less(in records[i], in records[i - 1]))
                continue;
            T moving = records[i];
            long at = i, last = Math.Max(0, i - LongWay);
            do
                records[at] = records[--at];
            while (at > last && T.Less(in moving, in records[at - 1]));
            records[at] = moving;
            if (at == last && at > 0 && T.Less(in moving, in records[at - 1]))
            {
                Heap(records, count);
                return;
            }
        }
    }

    private static void Heap<T>(T* records, long count) where T : unmanaged, ISortRecord<T>
    {
        for (long i = count / 2 - 1; i >= 0; i--)
            Sink(records, i, count);
        for (long end = count - 1; end > 0; end--)
        {
            (records[0], records[end]) = (records[end], records[0]);
            Sink(records, 0, end);
        }
    }

    private static void Sink<T>(T* records, long at, long count) where T : unmanaged, ISortRecord<T>
    {
        T moving = records[at];
        while (2 * at + 1 < count)
        {
            long child = 2 * at + 1;
            if (child + 1 < count && T.Less(in records[child], in records[child + 1]))
                child++;
            if (!T.Less(in moving, in records[child]))
                break;
            records[at] = records[child];
            at = child;
        }
        records[at] = moving;
    }
}
