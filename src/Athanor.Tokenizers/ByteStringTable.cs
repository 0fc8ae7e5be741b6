using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers;

/// <summary>Numbers by byte string, the strings lying one behind another in one array: open addressing, no allocation on look-up.</summary>
internal sealed class ByteStringTable
{
    // A process-wide secret, so that a file cannot be made of strings that all collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly Slot[] _slots;
    private readonly int _shift;

    private readonly record struct Slot(uint Hash, int NumberPlusOne);

    /// <summary>A table over strings that start at <paramref name="starts"/> of <paramref name="bytes"/> and end where the next starts.</summary>
    public ByteStringTable(byte[] bytes, int[] starts, int count)
    {
        (_bytes, _starts) = (bytes, starts);
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, count)) + 2);
        _slots = new Slot[1 << bits];
        _shift = 32 - bits;
    }

    /// <summary>Adds the string of a number; false, and the number it has, where it is in the table already.</summary>
    public bool TryAdd(int number, out int present)
    {
        ReadOnlySpan<byte> key = _bytes.AsSpan(_starts[number], _starts[number + 1] - _starts[number]);
        uint hash = Hash(key);
        uint at = hash >> _shift;
        for (; _slots[at].NumberPlusOne != 0; at = (at + 1) & (uint)(_slots.Length - 1))
        {
            present = _slots[at].NumberPlusOne - 1;
            if (_slots[at].Hash == hash && Matches(present, key))
                return false;
        }
        _slots[at] = new Slot(hash, number + 1);
        present = number;
        return true;
    }

    public bool TryGet(ReadOnlySpan<byte> key, out int number)
    {
        uint hash = Hash(key);
        for (uint at = hash >> _shift; ; at = (at + 1) & (uint)(_slots.Length - 1))
        {
            Slot slot = _slots[at];
            number = slot.NumberPlusOne - 1;
            if (number < 0)
                return false;
            if (slot.Hash == hash && Matches(number, key))
                return true;
        }
    }

    private bool Matches(int number, ReadOnlySpan<byte> key) => _bytes.AsSpan(_starts[number], _starts[number + 1] - _starts[number]).SequenceEqual(key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        ulong hash = Seed ^ (ulong)key.Length;
        ref byte p = ref MemoryMarshal.GetReference(key);
        int left = key.Length;
        for (; left >= 8; left -= 8, p = ref Unsafe.Add(ref p, 8))
            hash = Mix(hash ^ Unsafe.ReadUnaligned<ulong>(ref p));
        if (left >= 4)
            hash = Mix(hash ^ (Unsafe.ReadUnaligned<uint>(ref p) | ((ulong)Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref p, left - 4)) << 32)));
        else if (left > 0)
            hash = Mix(hash ^ (p | ((ulong)Unsafe.Add(ref p, left >> 1) << 8) | ((ulong)Unsafe.Add(ref p, left - 1) << 16)));
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, 0x9E3779B97F4A7C15UL ^ Seed, out ulong low);
        return high ^ low;
    }
}
