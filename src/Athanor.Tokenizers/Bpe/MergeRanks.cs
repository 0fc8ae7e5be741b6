using System.Numerics;

namespace Athanor.Tokenizers.Bpe;

/// <summary>All merges of a vocabulary by their pair of ids, for building: open addressing over pairs.</summary>
internal sealed class MergeRanks : IMergeRanks
{
    private readonly int[] _idOfByte;
    private readonly Slot[] _slots;
    private readonly int _shift;

    private readonly record struct Slot(ulong Key, uint Rank, int Merged);

    /// <summary>Room for <paramref name="count"/> merges; <paramref name="idOfByte"/> has ids below -1, all different, for bytes without a token.</summary>
    public MergeRanks(int[] idOfByte, int count)
    {
        _idOfByte = idOfByte;
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, count)) + 2);
        _slots = new Slot[1 << bits];
        Array.Fill(_slots, new Slot(ulong.MaxValue, 0, 0));
        _shift = 64 - bits;
    }

    /// <summary>Adds a merge; false where the pair has one already.</summary>
    public bool TryAdd(int left, int right, uint rank, int merged)
    {
        ulong key = Key(left, right);
        ulong at = Home(key);
        for (; _slots[at].Key != ulong.MaxValue; at = (at + 1) & (ulong)(_slots.Length - 1))
        {
            if (_slots[at].Key == key)
                return false;
        }
        _slots[at] = new Slot(key, rank, merged);
        return true;
    }

    public int Symbol(byte value) => _idOfByte[value];

    public bool TryGet(int left, int right, out uint rank, out int merged)
    {
        ulong key = Key(left, right);
        for (ulong at = Home(key); ; at = (at + 1) & (ulong)(_slots.Length - 1))
        {
            ref readonly Slot slot = ref _slots[at];
            (rank, merged) = (slot.Rank, slot.Merged);
            if (slot.Key == key)
                return true;
            if (slot.Key == ulong.MaxValue)
                return false;
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ulong Home(ulong key)
    {
        ulong high = Math.BigMul(key ^ 0x2545F4914F6CDD1D, 0x9E3779B97F4A7C15, out ulong low);
        return ((high ^ low) * 0xD6E8FEB86659FD93) >> _shift;
    }
}
