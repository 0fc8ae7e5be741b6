using System.Numerics;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// NumPy's legacy <c>RandomState(seed).randint(low, high, dtype=uint64)</c>, number for number: a Mersenne twister (Matsumoto and Nishimura 1998) and masked
/// rejection. The constants of datatrove's and datasketch's signatures come from it.
/// </summary>
internal sealed class NumpyRandom
{
    private const int N = 624, M = 397;
    private readonly uint[] _state = new uint[N];
    private int _next = N;

    public NumpyRandom(uint seed)
    {
        for (uint i = 0; i < N; i++)
        {
            _state[i] = seed;
            seed = 1812433253 * (seed ^ (seed >> 30)) + i + 1;
        }
    }

    /// <summary>From low to high (exclusive), which lie more than 2^32 apart: NumPy draws narrower ranges otherwise.</summary>
    public ulong Next(ulong low, ulong high)
    {
        ulong range = high - 1 - low, mask = ulong.MaxValue >> BitOperations.LeadingZeroCount(range), value;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(range, uint.MaxValue, nameof(high));
        do
            value = ((ulong)Next32() << 32 | Next32()) & mask;
        while (value > range);
        return low + value;
    }

    private uint Next32()
    {
        if (_next == N)
            Twist();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < N; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % N] & 0x7FFFFFFF);
            _state[i] = _state[(i + M) % N] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DF : 0);
        }
        _next = 0;
    }
}
