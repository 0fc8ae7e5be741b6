using System.Numerics;
using System.Runtime.CompilerServices;
using Athanor.Data.Segmentation;

namespace Athanor.Data.Quality;

/// <summary>Counts the n-grams of a text, n growing by one at a time. Sequences of words are compared by 64-bit hashes of the words' hashes.</summary>
internal sealed class NGramCounter
{
    private const ulong Multiplier = 0x9FB21C651E98DF25;

    private struct Entry
    {
        public ulong Key;
        public int Count;
        public int First;
    }

    private ulong[] _symbols = new ulong[1024], _keys = new ulong[1024];
    private int[] _slots = new int[1024];
    private Entry[] _entries = new Entry[4096];
    private readonly RepeatSieve _sieve = new();
    private int _words;

    /// <summary>Words of the n-grams.</summary>
    public int N { get; private set; }

    /// <summary>N-grams of the text, repeated ones included.</summary>
    public int Count => Math.Max(0, _words - N + 1);

    /// <summary>Begins with the single words of a text.</summary>
    public void Start(ReadOnlySpan<ulong> hashes)
    {
        if (_symbols.Length < hashes.Length)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)hashes.Length);
            (_symbols, _keys, _slots) = (new ulong[size], new ulong[size], new int[size]);
            _entries = new Entry[size * 2];
        }
        _words = hashes.Length;
        N = 1;
        for (int i = 0; i < hashes.Length; i++)
            _keys[i] = _symbols[i] = WordHash.Mix(hashes[i]);
    }

    /// <summary>Goes on to n-grams of one word more, and counts them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Grow()
    {
        N++;
        int count = Count;
        Span<ulong> keys = _keys.AsSpan(0, count);
        ReadOnlySpan<ulong> symbols = _symbols.AsSpan(0, count + N - 1)[(N - 1)..];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = unchecked(keys[i] * Multiplier + symbols[i]);
    }

    /// <summary>Counts the n-grams. What it returns is the first in the text among the most common, with its count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (int First, int Count) Tally()
    {
        ReadOnlySpan<ulong> keys = _keys.AsSpan(0, Count);
        Span<int> slots = _slots.AsSpan(0, keys.Length);
        slots.Fill(-1);
        if (keys.IsEmpty)
            return (-1, 0);
        ReadOnlySpan<int> places = _sieve.Find(keys);
        int size = Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)places.Length * 2));
        Span<Entry> entries = _entries.AsSpan(0, size);
        entries.Clear();
        // Those that are there once need no table; the first of the text stands for them.
        int shift = 64 - BitOperations.Log2((uint)size), mask = size - 1, best = 1, bestFirst = 0;
        foreach (int i in places)
        {
            ulong key = keys[i];
            int slot = (int)(unchecked(key * 0x9E3779B97F4A7C15) >> shift);
            while (true)
            {
                ref Entry entry = ref entries[slot];
                if (entry.Count == 0)
                {
                    entry = new Entry { Key = key, Count = 1, First = i };
                    break;
                }
                if (entry.Key == key)
                {
                    int count = ++entry.Count;
                    if (count > best || (count == best && entry.First < bestFirst))
                        (best, bestFirst) = (count, entry.First);
                    break;
                }
                slot = (slot + 1) & mask;
            }
            slots[i] = slot;
        }
        return (bestFirst, best);
    }

    /// <summary>How often the n-gram at a place is in the text. After <see cref="Tally"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountAt(int place) => _slots[place] is >= 0 and int slot ? _entries[slot].Count : 1;
}
