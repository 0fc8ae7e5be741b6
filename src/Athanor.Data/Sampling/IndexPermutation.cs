namespace Athanor.Data.Sampling;

/// <summary>
/// A shuffle of 0 … n − 1 that is a function: the element at any place is computed, none is stored, so a corpus of billions of documents
/// costs nothing and a reader can start anywhere. Six Feistel rounds over the smallest even number of bits that holds n, walking on until the result is
/// below n (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). The same seed and n give the same order on every machine.
/// </summary>
public readonly struct IndexPermutation
{
    private const int Rounds = 6;
    private readonly ulong _seed;
    private readonly int _halfBits;

    /// <summary>The order of <paramref name="count"/> elements under a seed.</summary>
    public IndexPermutation(long count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        _seed = seed;
        int bits = count <= 1 ? 1 : 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)count - 1);
        _halfBits = Math.Max(1, (bits + 1) / 2);
    }

    /// <summary>Elements.</summary>
    public long Count { get; }

    /// <summary>The element at a place.</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)place, (ulong)Count, nameof(place));
            ulong value = (ulong)place;
            // The domain is less than four times n, so this ends after a few steps; it ends at all because a permutation's cycle returns to its start, which is below n.
            do
                value = Mix(value);
            while (value >= (ulong)Count);
            return (long)value;
        }
    }

    /// <summary>The place of an element: the inverse of the indexer.</summary>
    public long PlaceOf(long element)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)element, (ulong)Count, nameof(element));
        ulong value = (ulong)element;
        do
            value = Unmix(value);
        while (value >= (ulong)Count);
        return (long)value;
    }

    private ulong Unmix(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1, left = value >> _halfBits, right = value & mask;
        for (ulong round = Rounds; round-- > 0;)
            (left, right) = (right ^ (Scramble(left + (round << 56) ^ _seed) & mask), left);
        return (left << _halfBits) | right;
    }

    private ulong Mix(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1, left = value >> _halfBits, right = value & mask;
        for (ulong round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (Scramble(right + (round << 56) ^ _seed) & mask));
        return (left << _halfBits) | right;
    }

    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Scramble(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
