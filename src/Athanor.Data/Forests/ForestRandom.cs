namespace Athanor.Data.Forests;

/// <summary>The random numbers of one tree: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine.</summary>
internal struct ForestRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number below a bound.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    private ulong Next()
    {
        ulong x = _state += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
