using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>The rank and the result of each pair of symbols that merges: open addressing, at most half full, immutable once filled.</summary>
internal sealed class RankedPairs
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const uint None = uint.MaxValue;

    private const ulong Empty = ulong.MaxValue;
    private readonly Entry[] _entries;
    private readonly ulong[] _filter;
    private readonly int _shift, _filterShift;

    /// <summary>A table for up to <paramref name="capacity"/> pairs.</summary>
    public RankedPairs(int capacity)
    {
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, checked(2 * capacity)));
        _entries = new Entry[size];
        Array.Fill(_entries, new Entry(Empty, None, -1));
        _shift = 64 - BitOperations.Log2(size);
        _filter = new ulong[Math.Max(1, size / 16)];
        _filterShift = 64 - BitOperations.Log2((uint)_filter.Length);
    }

    /// <summary>Adds a pair; false when it is already there.</summary>
    public bool TryAdd(int left, int right, uint rank, int result)
    {
        ulong key = Key(left, right);
        int at = (int)(Hash(key) >> _shift);
        for (; _entries[at].Key != Empty; at = (at + 1) & (_entries.Length - 1))
        {
            if (_entries[at].Key == key)
                return false;
        }
        _entries[at] = new Entry(key, rank, result);
        ulong hash = Hash(key);
        _filter[Word(hash)] |= 1UL << (int)(hash & 63);
        return true;
    }

    /// <summary>The rank of a pair, <see cref="None"/> where it does not merge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right, out int result)
    {
        ulong key = Key(left, right), hash = Hash(key);
        result = -1;
        // Most pairs do not merge: four bits an entry that stay in the cache tell so without a look at the table.
        if ((Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_filter), Word(hash)) >> (int)(hash & 63) & 1) == 0)
            return None;
        ref Entry first = ref MemoryMarshal.GetArrayDataReference(_entries);
        for (int at = (int)(hash >> _shift); ; at = (at + 1) & (_entries.Length - 1))
        {
            ref Entry entry = ref Unsafe.Add(ref first, at);
            if (entry.Key == key || entry.Key == Empty)
            {
                result = entry.Result;
                return entry.Rank;
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>A hash whose high bits give the place and whose low bits the bit of the filter.</summary>
    private static ulong Hash(ulong key)
    {
        ulong hash = key * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 32);
    }

    private int Word(ulong hash) => _filter.Length == 1 ? 0 : (int)(hash >> _filterShift);

    private readonly record struct Entry(ulong Key, uint Rank, int Result);
}
