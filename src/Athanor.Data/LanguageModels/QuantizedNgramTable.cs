using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Data.LanguageModels;

/// <summary>
/// N-grams of one order in 8 bytes each: 48 bits of the hash, and a byte for each of probability and backoff that says which of 256 values it has (bins of equal population with their means, Federico
/// and Bertoldi 2006). Half the memory of <see cref="NgramTable"/>.
/// </summary>
internal sealed class QuantizedNgramTable : INgramTable
{
    private const ulong HashBits = ~0xFFFFul;

    internal QuantizedNgramTable(ulong[] slots, float[] probabilities, float[] backoffs, long count) =>
        (Slots, Probabilities, Backoffs, Count) = (slots, probabilities, backoffs, count);

    internal ulong[] Slots { get; }

    internal float[] Probabilities { get; }

    internal float[] Backoffs { get; }

    public long Count { get; }

    public long Bytes => (long)Slots.Length * sizeof(ulong) + (Probabilities.Length + Backoffs.Length) * sizeof(float);

    /// <summary>The same n-grams with rounded values.</summary>
    public static QuantizedNgramTable Of(NgramTable table)
    {
        ulong[] slots = GC.AllocateArray<ulong>(table.Slots.Length, pinned: true);
        float[] probabilities = Codebook([.. table.Slots.Where(slot => slot.Key != 0).Select(slot => slot.Probability)]);
        float[] backoffs = Codebook([.. table.Slots.Where(slot => slot.Key != 0).Select(slot => slot.Backoff)]);
        foreach (NgramTable.Slot slot in table.Slots)
        {
            if (slot.Key == 0)
                continue;
            ulong key = Key(slot.Key);
            int at = (int)slot.Key & (slots.Length - 1);
            while (slots[at] != 0)
                at = (at + 1) & (slots.Length - 1);
            slots[at] = key | ((ulong)Nearest(probabilities, slot.Probability) << 8) | (uint)Nearest(backoffs, slot.Backoff);
        }
        return new QuantizedNgramTable(slots, probabilities, backoffs, table.Count);
    }

    public bool TryGet(ulong hash, out NgramValue value)
    {
        hash = Math.Max(1, hash);
        ulong key = Key(hash);
        for (int at = (int)hash & (Slots.Length - 1); Slots[at] != 0; at = (at + 1) & (Slots.Length - 1))
        {
            if ((Slots[at] & HashBits) != key)
                continue;
            value = new NgramValue(Probabilities[(byte)(Slots[at] >> 8)], Backoffs[(byte)Slots[at]]);
            return true;
        }
        value = default;
        return false;
    }

    public unsafe void Prefetch(ulong hash)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Slots), (int)Math.Max(1, hash) & (Slots.Length - 1))));
    }

    // A slot of 0 is free, so no key may have all its bits 0.
    private static ulong Key(ulong hash) => Math.Max(1ul << 16, hash & HashBits);

    private static float[] Codebook(float[] values)
    {
        Array.Sort(values);
        float[] book = new float[256];
        // A backoff of 0 (no word was seen behind) is most frequent and stays exact, as a value of a bin of its own.
        for (int i = 0; i < book.Length; i++)
        {
            long from = values.LongLength * i / book.Length, to = values.LongLength * (i + 1) / book.Length;
            double sum = 0;
            for (long j = from; j < to; j++)
                sum += values[j];
            book[i] = to > from ? (float)(sum / (to - from)) : values.Length == 0 ? 0 : values[Math.Min(from, values.LongLength - 1)];
        }
        Array.Sort(book);
        return book;
    }

    private static int Nearest(float[] book, float value)
    {
        int at = Array.BinarySearch(book, value);
        if (at >= 0)
            return at;
        at = ~at;
        return at == 0 ? 0 : at == book.Length || value - book[at - 1] <= book[at] - value ? at - 1 : at;
    }
}
