using System.Numerics;
using System.Runtime.CompilerServices;

namespace Athanor.Data.Quality;

/// <summary>
/// Finds the places whose key is there more than once, and few others. Most n-grams of ordinary text are there once: two passes over bits, without a branch that could be guessed wrong, leave the exact tables a
/// few places to look at.
/// </summary>
internal sealed class RepeatSieve
{
    private ulong[] _seen = new ulong[1024], _wanted = new ulong[1024];
    private int[] _places = new int[1024];

    /// <summary>Every place whose key another place has, in ascending order, and about one in a hundred of the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<int> Find(ReadOnlySpan<ulong> keys)
    {
        // 64 bits a key: a chance of 1 in 64 at most to meet another's.
        int words = Math.Max(8, (int)BitOperations.RoundUpToPowerOf2((uint)keys.Length)), shift = 58 - BitOperations.Log2((uint)words);
        if (_seen.Length < words)
            (_seen, _wanted) = (new ulong[words], new ulong[words]);
        if (_places.Length <= keys.Length)
            _places = new int[words + 1];
        Span<ulong> seen = _seen.AsSpan(0, words), wanted = _wanted.AsSpan(0, words);
        Span<int> places = _places;
        seen.Clear();
        int found = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            int bit = (int)(unchecked(keys[i] * 0x9E3779B97F4A7C15) >> shift);
            ref ulong word = ref seen[bit >> 6];
            ulong before = word >> bit & 1;
            word |= 1UL << bit;
            places[found] = bit;
            found += (int)before;
        }
        if (found == 0)
            return [];
        wanted.Clear();
        foreach (int bit in places[..found])
            wanted[bit >> 6] |= 1UL << bit;
        found = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            int bit = (int)(unchecked(keys[i] * 0x9E3779B97F4A7C15) >> shift);
            places[found] = i;
            found += (int)(wanted[bit >> 6] >> bit & 1);
        }
        return places[..found];
    }
}
