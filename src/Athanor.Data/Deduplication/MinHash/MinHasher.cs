using System.Runtime.InteropServices;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>Makes signatures (Broder, "On the resemblance and containment of documents", 1997): for each of many permutations of all shingles, the least shingle of a text. One for each worker.</summary>
public sealed class MinHasher
{
    private readonly MinHashPlan _plan;
    private readonly Shingler _shingler;
    private readonly ulong[] _a, _b, _minima;
    private readonly uint[] _shortA, _shortB, _shortMinima;
    private readonly int _width;
    private uint[] _set = [];

    /// <summary>Makes signatures as a plan says.</summary>
    public MinHasher(MinHashPlan plan) : this(plan, 0)
    {
    }

    /// <param name="plan">What decides about signatures.</param>
    /// <param name="width">Bits of the vectors: 512, 256, 128, or 64 for none; 0 for what the machine is best at. The signatures are the same.</param>
    internal MinHasher(MinHashPlan plan, int width)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _shingler = Shingler.Of(plan);
        _width = width;
        int hashes = plan.Bands.Hashes;
        _minima = new ulong[hashes];
        (_a, _b, _shortA, _shortB, _shortMinima) = ([], [], [], [], []);
        if (plan.Scheme == MinHashScheme.Own)
        {
            (_shortA, _shortB, _shortMinima) = (new uint[hashes], new uint[hashes], new uint[hashes]);
            ulong state = plan.Seed;
            for (int i = 0; i < hashes; i++)
                (_shortA[i], _shortB[i]) = ((uint)(Next(ref state) >> 32) | 1, (uint)(Next(ref state) >> 32));
            return;
        }
        (_a, _b) = (new ulong[hashes], new ulong[hashes]);
        var random = new NumpyRandom(plan.Seed);
        if (plan.Scheme == MinHashScheme.Datatrove)
        {
            for (int i = 0; i < hashes; i++)
                _a[i] = random.Next(1, MersenneMinima.Modulus);
            for (int i = 0; i < hashes; i++)
                _b[i] = random.Next(0, MersenneMinima.Modulus);
        }
        else
        {
            // datasketch draws the two in turns.
            for (int i = 0; i < hashes; i++)
                (_a[i], _b[i]) = (random.Next(1, MersenneMinima.Modulus), random.Next(0, MersenneMinima.Modulus));
        }
    }

    /// <summary>The minima of the last text, band after band.</summary>
    public ReadOnlySpan<ulong> Minima => _minima;

    /// <summary>Makes the signature of a text; false where it is too short to have one.</summary>
    public bool Sign(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!_shingler.Cut(text))
            return false;
        if (_plan.Scheme == MinHashScheme.Own)
        {
            _shortMinima.AsSpan().Fill(uint.MaxValue);
            ShortMinima.Update(_shingler.Short, _shortA, _shortB, _shortMinima, _width == 64 ? 1 : _width / 32);
            for (int i = 0; i < _minima.Length; i++)
                _minima[i] = _shortMinima[i];
            return true;
        }
        bool datasketch = _plan.Scheme == MinHashScheme.Slimpajama;
        _minima.AsSpan().Fill(datasketch ? uint.MaxValue : ulong.MaxValue);
        MersenneMinima.Update(_shingler.Wide, _a, _b, _minima, datasketch, _width / 64);
        return true;
    }

    /// <summary>A hash of each band of the last signature. Bands of different numbers never meet.</summary>
    public void Bands(Span<ulong> hashes)
    {
        int rows = _plan.Bands.Rows;
        for (int band = 0; band < _plan.Bands.Bands; band++)
            hashes[band] = XxHash64.Of(MemoryMarshal.AsBytes(_minima.AsSpan(band * rows, rows)), (ulong)band);
    }

    /// <summary>The set of the last text's shingles as sorted 32-bit hashes, for <see cref="Jaccard"/>.</summary>
    public ReadOnlySpan<uint> Set()
    {
        ReadOnlySpan<uint> shingles = _shingler.Short;
        if (_set.Length < shingles.Length)
            _set = new uint[Math.Max(shingles.Length, 2 * _set.Length)];
        Span<uint> set = _set.AsSpan(0, shingles.Length);
        shingles.CopyTo(set);
        set.Sort();
        int kept = 0;
        for (int i = 0; i < set.Length; i++)
        {
            if (i == 0 || set[i] != set[kept - 1])
                set[kept++] = set[i];
        }
        return set[..kept];
    }

    /// <summary>|A ∩ B| / |A ∪ B| of two sorted sets; 1 for two empty ones.</summary>
    public static double Jaccard(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        int i = 0, j = 0, common = 0;
        while (i < a.Length && j < b.Length)
        {
            uint x = a[i], y = b[j];
            common += x == y ? 1 : 0;
            i += x <= y ? 1 : 0;
            j += y <= x ? 1 : 0;
        }
        int union = a.Length + b.Length - common;
        return union == 0 ? 1 : (double)common / union;
    }

    // SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Next(ref ulong state)
    {
        ulong x = state += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
