using System.Runtime.CompilerServices;
using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.Bloom;

/// <summary>How large a filter must be: m = −n·ln p / (ln 2)² bits and k = (m / n)·ln 2 probes (Bloom 1970; Kirsch and Mitzenmacher 2006 for two hashes in place of k).</summary>
/// <param name="Bits">Bits.</param>
/// <param name="Probes">Bits that each entry sets.</param>
public readonly record struct BloomSize(long Bits, int Probes)
{
    /// <summary>Bytes in memory.</summary>
    public long Bytes => (Bits + 63) / 64 * 8;

    /// <summary>For so many entries and a false-positive rate once all are in.</summary>
    public static BloomSize For(long entries, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entries);
        if (!(rate is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A rate of false positives lies between 0 and 1.");
        double n = Math.Max(1, entries), bits = Math.Ceiling(-n * Math.Log(rate) / (Math.Log(2) * Math.Log(2)));
        return new BloomSize(Math.Max(64, checked((long)bits)), (int)Math.Max(1, Math.Round(bits / n * Math.Log(2))));
    }

    /// <summary>The chance that an entry seems to be there that is not, with so many in: (1 − (1 − 1/m)^(kn))^k.</summary>
    public double FalsePositives(long entries) => Math.Pow(1 - Math.Exp(Probes * (double)entries * Math.Log(1 - 1.0 / Bits)), Probes);
}

/// <summary>
/// A set that forgets nothing and rarely remembers what was not there. A probe's bit is the upper half of hash × bits, so that every number of bits works alike; a mask would
/// reach only a part of those that are no power of two.
/// </summary>
public sealed unsafe class BloomFilter : IDisposable
{
    private readonly NativeArray<ulong> _words;
    private readonly ulong _bits;
    private readonly int _probes;

    /// <summary>An empty filter.</summary>
    public BloomFilter(BloomSize size)
    {
        Size = size;
        (_bits, _probes) = ((ulong)size.Bits, size.Probes);
        _words = new NativeArray<ulong>(size.Bytes / 8);
        for (long i = 0; i < _words.Length; i++)
            _words.Pointer[i] = 0;
    }

    /// <summary>Bits and probes.</summary>
    public BloomSize Size { get; }

    /// <summary>Entries that were new when they came.</summary>
    public long Count { get; private set; }

    /// <summary>Whether an entry was added, or seems so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Contains(ulong hash)
    {
        (ulong at, ulong step) = Begin(hash);
        for (int i = 0; i < _probes; i++)
        {
            ulong bit = Math.BigMul(at, _bits, out _);
            if ((_words.Pointer[bit >> 6] >> (int)(bit & 63) & 1) == 0)
                return false;
            at += step;
            step += (ulong)i;
        }
        return true;
    }

    /// <summary>Adds an entry; true where it was there, or seemed so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Add(ulong hash)
    {
        (ulong at, ulong step) = Begin(hash);
        bool there = true;
        for (int i = 0; i < _probes; i++)
        {
            ulong bit = Math.BigMul(at, _bits, out _), mask = 1UL << (int)(bit & 63);
            ref ulong word = ref _words.Pointer[bit >> 6];
            there &= (word & mask) != 0;
            word |= mask;
            at += step;
            step += (ulong)i;
        }
        Count += there ? 0 : 1;
        return there;
    }

    /// <inheritdoc/>
    public void Dispose() => _words.Dispose();

    /// <summary>Two independent hashes of one: both halves of a 128-bit product would share their factors, so the second is mixed anew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong, ulong) Begin(ulong hash)
    {
        ulong x = hash + 0x9E3779B97F4A7C15, y;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        x ^= x >> 31;
        y = x * 0xD6E8FEB86659FD93;
        y = (y ^ (y >> 32)) * 0xD6E8FEB86659FD93;
        return (x, (y ^ (y >> 32)) | 1);
    }
}
