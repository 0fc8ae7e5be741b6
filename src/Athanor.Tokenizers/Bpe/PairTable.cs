using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// What two symbols merge to. Most questions have the answer "nothing" and are scattered over the whole table, so it is small enough for the second-level cache:
/// buckets of one cache line hold 16 entries of 32 bits, a tag of the pair and the merged symbol, and are compared at once; a tag that agrees is checked against the symbol's parts.
/// All pairs of bytes, with which every text begins, are looked up directly.
/// </summary>
internal sealed class PairTable : IMergeRanks
{
    /// <summary>The answer for a pair that does not merge, above every symbol.</summary>
    public const uint None = uint.MaxValue;

    private const int SymbolBits = 21, Slots = 16;
    private const uint SymbolMask = (1u << SymbolBits) - 1, TagMask = ~SymbolMask;

    private readonly uint[] _memory;
    private readonly nint _first;      // index of the first bucket in _memory, on a cache line
    private readonly ulong[] _parts;   // by symbol: left and right
    private readonly uint[] _bytes = new uint[65536];
    private readonly int _shift;
    private readonly nuint _bucketMask;

    public PairTable(int count)
    {
        // Buckets at most three quarters full on average: of 16 places few overflow.
        int bits = BitOperations.Log2((uint)Math.Max(1, count * 4L / (3 * Slots))) + 1;
        _memory = GC.AllocateArray<uint>((Slots << bits) + Slots, pinned: true);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _first = ((address + 63) & -64) - address >> 2;
        _shift = 64 - bits;
        _bucketMask = (nuint)(1 << bits) - 1;
        _parts = new ulong[256 + count];
        Array.Fill(_bytes, None);
    }

    public void Add(int left, int right, int merged)
    {
        if (left < 256 && right < 256)
            _bytes[(left << 8) | right] = (uint)merged;
        ulong key = Key(left, right);
        _parts[merged] = key;
        ulong hash = Hash(key);
        for (nuint bucket = Bucket(hash); ; bucket = (bucket + 1) & _bucketMask)
        {
            Span<uint> slots = _memory.AsSpan((int)(_first + (nint)(bucket * Slots)), Slots);
            int free = slots.IndexOf(0u);
            if (free >= 0)
            {
                slots[free] = Tag(hash) | (uint)merged;
                return;
            }
        }
    }

    /// <summary>What two bytes merge to, or <see cref="None"/>; the index is the left byte times 256 plus the right.</summary>
    public ref readonly uint Bytes => ref MemoryMarshal.GetArrayDataReference(_bytes);

    /// <summary>What two symbols merge to, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right)
    {
        ulong key = Key(left, right), hash = Hash(key);
        ref uint first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_memory), _first);
        for (nuint bucket = Bucket(hash); ; bucket = (bucket + 1) & _bucketMask)
        {
            Vector512<uint> slots = Vector512.LoadUnsafe(ref first, bucket * Slots);
            ulong candidates = Vector512.Equals(slots & Vector512.Create(TagMask), Vector512.Create(Tag(hash))).ExtractMostSignificantBits();
            for (; candidates != 0; candidates &= candidates - 1)
            {
                uint merged = Unsafe.Add(ref first, (nint)(bucket * Slots) + BitOperations.TrailingZeroCount(candidates)) & SymbolMask;
                if (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_parts), merged) == key)
                    return merged;
            }
            // Places are filled in order: an empty last one says that nothing went on to the next bucket.
            if (slots.GetElement(Slots - 1) == 0)
                return None;
        }
    }

    public int Symbol(byte value) => value;

    public bool TryGet(int left, int right, out uint rank, out int merged)
    {
        rank = Find(left, right);
        merged = (int)rank;
        return rank != None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(int left, int right) => ((ulong)(uint)left << SymbolBits) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ulong key) => key * 0x9E3779B97F4A7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint Bucket(ulong hash) => (nuint)(hash >> _shift);

    /// <summary>Eleven bits that <see cref="Bucket"/> does not use, never all zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Tag(ulong hash) => ((uint)(hash >> 21) & TagMask) | (1u << SymbolBits);
}
