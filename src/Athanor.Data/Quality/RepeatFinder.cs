using System.Numerics;
using System.Runtime.CompilerServices;
using Athanor.Data.Segmentation;

namespace Athanor.Data.Quality;

/// <summary>Finds what was there before: lines and paragraphs, and n-grams as datatrove scans for them.</summary>
internal sealed class RepeatFinder
{
    private readonly RepeatSieve _sieve = new();
    private ulong[] _seen = new ulong[4096], _prefix = new ulong[1024], _keys = new ulong[1024];
    private int[] _unitsBefore = new int[1024];
    private int _size, _shift, _words;

    /// <summary>Repeated lines: how many are there for the second time or later, their code points, and the first of them.</summary>
    public (int Lines, long Points, int First) Lines(TextFrame frame, ReadOnlySpan<(int Start, int Length)> lines)
    {
        Begin(lines.Length);
        int repeated = 0, first = -1;
        long points = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (Add(WordHash.OfLine(frame.Text.AsSpan(lines[i].Start, lines[i].Length))))
                continue;
            repeated++;
            points += frame.PointsOf(lines[i].Start, lines[i].Length);
            first = first < 0 ? i : first;
        }
        return (repeated, points, first);
    }

    /// <summary>Prepares the scans for n-grams of a text.</summary>
    public void StartJoined(WordTable words)
    {
        _words = words.Count;
        if (_prefix.Length <= _words)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)_words + 1);
            (_prefix, _keys, _unitsBefore) = (new ulong[size], new ulong[size], new int[size]);
        }
        ReadOnlySpan<ulong> hashes = words.Hashes;
        ReadOnlySpan<int> units = words.Units;
        ulong prefix = 0;
        int before = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            (_prefix[i], _unitsBefore[i]) = (prefix, before);
            prefix = unchecked(prefix * WordHash.Power(units[i]) + hashes[i]);
            before += units[i];
        }
        (_prefix[_words], _unitsBefore[_words]) = (prefix, before);
    }

    /// <summary>
    /// Goes through the words; where the n words from a place on, written together, were there before, their code points count and the scan goes on behind them.
    /// </summary>
    /// <returns>The code points, and the place of the first repeat.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (long Points, int First) Joined(WordTable words, int n)
    {
        int last = _words - n;
        if (last < 0)
            return (0, -1);
        ReadOnlySpan<ulong> prefix = _prefix.AsSpan(0, _words + 1), powers = WordHash.PowerTable;
        ReadOnlySpan<int> before = _unitsBefore.AsSpan(0, _words + 1), pointsOf = words.Points;
        Span<ulong> keys = _keys.AsSpan(0, last + 1);
        for (int i = 0; i < keys.Length; i++)
        {
            int units = before[i + n] - before[i];
            ulong power = (uint)units < (uint)powers.Length ? powers[units] : WordHash.Power(units);
            keys[i] = WordHash.Mix(unchecked(prefix[i + n] - prefix[i] * power));
        }
        ReadOnlySpan<int> places = _sieve.Find(keys);
        long points = 0;
        int first = -1, from = 0;
        // What is there only once is new wherever the scan comes by, so that only the other places are visited.
        Begin(places.Length);
        foreach (int i in places)
        {
            if (i < from || Add(keys[i]))
                continue;
            for (int j = i; j < i + n; j++)
                points += pointsOf[j];
            first = first < 0 ? i : first;
            from = i + n;
        }
        return (points, first);
    }

    private void Begin(int count)
    {
        _size = Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)count * 2));
        _shift = 64 - BitOperations.Log2((uint)_size);
        if (_seen.Length < _size)
            _seen = new ulong[_size];
        _seen.AsSpan(0, _size).Clear();
    }

    /// <summary>False where it was there before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Add(ulong key)
    {
        key |= key == 0 ? 1UL : 0;
        int slot = (int)(unchecked(key * 0x9E3779B97F4A7C15) >> _shift), mask = _size - 1;
        while (true)
        {
            ulong seen = _seen[slot];
            if (seen == 0)
            {
                _seen[slot] = key;
                return true;
            }
            if (seen == key)
                return false;
            slot = (slot + 1) & mask;
        }
    }
}
