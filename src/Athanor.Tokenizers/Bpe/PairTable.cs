using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.Bpe;

/// <summary>What two symbols merge to: packed slots of 8 bytes (left, right, merged: 21 bits each) with open addressing, and all pairs of bytes directly.</summary>
internal sealed class PairTable : IMergeRanks
{
    /// <summary>The answer for a pair that does not merge, above every symbol.</summary>
    public const uint None = uint.MaxValue;

    private readonly ulong[] _slots;
    private readonly uint[] _bytes = new uint[65536];
    private readonly int _shift;

    public PairTable(int count)
    {
        // At most 3/8 full, so that a look-up that finds nothing, the most frequent kind, sees 1.8 slots on average.
        int bits = Math.Max(8, BitOperations.Log2((uint)Math.Max(1, count * 8L / 3)) + 1);
        _slots = new ulong[1 << bits];
        Array.Fill(_slots, ulong.MaxValue);
        _shift = 64 - bits;
        Array.Fill(_bytes, None);
    }

    public void Add(int left, int right, int merged)
    {
        if (left < 256 && right < 256)
            _bytes[(left << 8) | right] = (uint)merged;
        ulong key = Key(left, right);
        ulong at = Home(key);
        while (_slots[at] != ulong.MaxValue)
            at = (at + 1) & (ulong)(_slots.Length - 1);
        _slots[at] = (key << 21) | (uint)merged;
    }

    /// <summary>What two bytes merge to, or <see cref="None"/>; the index is the left byte times 256 plus the right.</summary>
    public ref readonly uint Bytes => ref MemoryMarshal.GetArrayDataReference(_bytes);

    /// <summary>What two symbols merge to, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right)
    {
        ulong key = Key(left, right);
        ref ulong slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        for (ulong at = Home(key); ; at = (at + 1) & (ulong)(_slots.Length - 1))
        {
            ulong slot = Unsafe.Add(ref slots, (nint)at);
            if (slot >> 21 == key)
                return (uint)slot & ((1 << 21) - 1);
            if (slot == ulong.MaxValue)
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
    private static ulong Key(int left, int right) => ((ulong)(uint)left << 21) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Home(ulong key) => (key * 0x9E3779B97F4A7C15) >> _shift;
}
