using System.Numerics;
using System.Runtime.CompilerServices;

namespace Athanor.Inference.Sampling;

/// <summary>
/// The random numbers of one draw: for each token id a standard Gumbel number that is a function of seed, position and id alone. The token with the largest
/// log-probability + Gumbel number is distributed by the probabilities (Gumbel-max; Maddison et al. 2014, arXiv 1411.0030). Nothing is consumed, so a draw is
/// the same whichever draws came before it, and two models that draw at the same place share the numbers and mostly agree where their probabilities do.
/// </summary>
internal readonly struct DrawNoise
{
    /// <summary>Raises an upper bound by more than its fp32 rounding errors where it matters.</summary>
    public const float Slack = 0.01f;

    private const uint Step = 0x9E3779B1, First = 0x21F0AAAD, Second = 0x735A2D97;
    private readonly uint _low, _high;

    public DrawNoise(long seed, int position)
    {
        ulong key = Scramble(Scramble((ulong)seed) + (uint)position);
        (_low, _high) = ((uint)key, (uint)(key >> 32));
    }

    /// <summary>The number of an id, exact.</summary>
    public double Gumbel(int id)
    {
        uint hash = Hash((uint)id, _low, _high);
        uint fine = Hash((uint)id, _high, ~_low);
        // u in (0, 1) on a grid of 2^-64; the exponential −ln(1 − u) keeps its relative precision near 0.
        double u = (hash + (fine + 0.5) * (1.0 / 4294967296)) * (1.0 / 4294967296);
        double exponential = u < 1e-6 ? u + 0.5 * u * u : -Math.Log(1 - u);
        return -Math.Log(exponential);
    }

    /// <summary>A number not below <see cref="Gumbel"/>, from the hash's leading zeros: −ln(−ln(1 − u)) ≤ −ln u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Bound(int id)
    {
        uint hash = Hash((uint)id, _low, _high);
        return hash == 0 ? 64 : (BitOperations.LeadingZeroCount(hash) + 1) * 0.69314718f + Slack;
    }

    /// <summary>The bounds of ids id, id + 1, ….</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Bounds(int id)
    {
        Vector<uint> x = (new Vector<uint>((uint)id) + Vector<uint>.Indices) * new Vector<uint>(Step) + new Vector<uint>(_low);
        x ^= x >>> 16;
        x = x * new Vector<uint>(First) + new Vector<uint>(_high);
        x ^= x >>> 15;
        x *= new Vector<uint>(Second);
        x ^= x >>> 15;
        // The exponent of a float is the place of the highest bit. Low bits are cut off, so that rounding cannot raise it; 0 has the exponent -127 and so a bound beyond all.
        Vector<int> half = Vector.AsVectorInt32(x >>> 1) & new Vector<int>(~0x7F);
        Vector<int> exponent = (Vector.AsVectorInt32(Vector.ConvertToSingle(half)) >>> 23) - new Vector<int>(127);
        return Vector.ConvertToSingle(new Vector<int>(31) - exponent) * new Vector<float>(0.69314718f) + new Vector<float>(Slack);
    }

    // Three-round mixing of 32 bits with multipliers of Wellons' hash prospector; the key's other half enters between the rounds, so that two keys give two
    // permutations and not one shifted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint id, uint low, uint high)
    {
        uint x = id * Step + low;
        x ^= x >> 16;
        x = x * First + high;
        x ^= x >> 15;
        x *= Second;
        return x ^ (x >> 15);
    }

    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    internal static ulong Scramble(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
