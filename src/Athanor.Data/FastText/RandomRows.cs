namespace Athanor.Data.FastText;

/// <summary>First vectors of a model.</summary>
internal static class RandomRows
{
    /// <summary>Numbers evenly between −bound and bound, by SplitMix64 (Steele, Lea, Flood 2014), two a step.</summary>
    public static void Fill(Span<float> values, float bound, ulong seed)
    {
        float scale = bound / (1 << 23);
        for (int i = 0; i < values.Length; i += 2)
        {
            seed += 0x9E3779B97F4A7C15;
            ulong x = seed;
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            x ^= x >> 31;
            values[i] = ((int)(x >> 40) - (1 << 23)) * scale;
            if (i + 1 < values.Length)
                values[i + 1] = ((int)((uint)x >> 8) - (1 << 23)) * scale;
        }
    }
}
