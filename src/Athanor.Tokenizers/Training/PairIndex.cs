using System.Numerics;
using System.Runtime.CompilerServices;

namespace Athanor.Tokenizers.Training;

/// <summary>From a pair of token ids to a dense index, in open addressing; grows, never forgets.</summary>
internal sealed class PairIndex
{
    private ulong[] _keys;   // the pair + 1, 0 for an empty slot
    private int[] _indices;
    private int _shift;

    public PairIndex(int expected)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, expected * 2L));
        _keys = new ulong[size];
        _indices = new int[size];
        _shift = 64 - BitOperations.Log2((uint)size);
    }

    public int Count { get; private set; }

    public long Memory => 12L * _keys.Length;

    public static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong pair)
    {
        ulong key = pair + 1;
        int mask = _keys.Length - 1;
        for (int at = (int)(Hash(key) >> _shift); ; at = (at + 1) & mask)
        {
            ulong found = _keys[at];
            if (found == key)
                return _indices[at];
            if (found == 0)
                return -1;
        }
    }

    /// <summary>The index of <paramref name="pair"/>; a new pair gets <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FindOrAdd(ulong pair, int index)
    {
        ulong key = pair + 1;
        int mask = _keys.Length - 1;
        for (int at = (int)(Hash(key) >> _shift); ; at = (at + 1) & mask)
        {
            ulong found = _keys[at];
            if (found == key)
                return _indices[at];
            if (found != 0)
                continue;
            _keys[at] = key;
            _indices[at] = index;
            if (++Count > _keys.Length / 2)
                Grow();
            return index;
        }
    }

    /// <summary>Both halves of the pair reach the upper bits; a single product leaves runs of nearby pairs side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ulong key)
    {
        key = (key ^ key >> 32) * 0x9E3779B97F4A7C15;
        return (key ^ key >> 29) * 0xBF58476D1CE4E5B9;
    }

    private void Grow()
    {
        (ulong[] keys, int[] indices) = (_keys, _indices);
        _keys = new ulong[2 * keys.Length];
        _indices = new int[2 * keys.Length];
        _shift--;
        int mask = _keys.Length - 1;
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            int at = (int)(Hash(keys[i]) >> _shift);
            while (_keys[at] != 0)
                at = (at + 1) & mask;
            _keys[at] = keys[i];
            _indices[at] = indices[i];
        }
    }
}
