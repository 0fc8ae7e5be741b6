using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Data.LanguageModels;

/// <summary>What a table knows about an n-gram: log10 of its probability, and of the factor for words that were not seen behind it.</summary>
internal readonly record struct NgramValue(float Probability, float Backoff);

/// <summary>N-grams of one order by their hashes: open addressing, at most two thirds full. Key 0 marks a free place.</summary>
internal sealed class NgramTable : INgramTable
{
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    internal struct Slot
    {
        public ulong Key;
        public float Probability, Backoff;
    }

    /// <param name="count">N-grams it must hold.</param>
    public NgramTable(long count) => Slots = GC.AllocateArray<Slot>(Places(count), pinned: true);

    internal NgramTable(Slot[] slots, long count) => (Slots, Count) = (slots, count);

    internal Slot[] Slots { get; }

    public long Count { get; private set; }

    public long Bytes => (long)Slots.Length * Unsafe.SizeOf<Slot>();

    public static int Places(long count) => count < 1L << 29 ? (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(16, count + count / 2))
        : throw new InvalidDataException($"{count} n-grams of one order are more than a table holds (2^29). Prune more.");

    /// <summary>The place of an n-gram, or −1.</summary>
    public int Find(ulong hash)
    {
        ulong key = Math.Max(1, hash);
        Slot[] slots = Slots;
        for (int at = (int)key & (slots.Length - 1); ; at = (at + 1) & (slots.Length - 1))
        {
            if (slots[at].Key == key)
                return at;
            if (slots[at].Key == 0)
                return -1;
        }
    }

    /// <summary>A place for a new n-gram, or −1 where its hash is there already.</summary>
    public int Add(ulong hash)
    {
        ulong key = Math.Max(1, hash);
        int at = (int)key & (Slots.Length - 1);
        for (; Slots[at].Key != 0; at = (at + 1) & (Slots.Length - 1))
        {
            if (Slots[at].Key == key)
                return -1;
        }
        Slots[at].Key = key;
        Count++;
        return at;
    }

    /// <summary>The same n-grams with twice the room.</summary>
    public NgramTable Grown()
    {
        var grown = new NgramTable(Slots.Length);
        foreach (Slot slot in Slots)
        {
            if (slot.Key != 0)
                grown.Slots[grown.Add(slot.Key)] = slot;
        }
        return grown;
    }

    public bool TryGet(ulong hash, out NgramValue value)
    {
        int at = Find(hash);
        if (at < 0)
        {
            value = default;
            return false;
        }
        value = new NgramValue(Slots[at].Probability, Slots[at].Backoff);
        return true;
    }

    public unsafe void Prefetch(ulong hash)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Slots), (int)Math.Max(1, hash) & (Slots.Length - 1))));
    }
}
