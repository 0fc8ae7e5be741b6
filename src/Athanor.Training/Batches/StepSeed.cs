namespace Athanor.Training.Batches;

/// <summary>Seeds that are functions of the run's seed and a place in it, so that no generator's state has to be kept.</summary>
internal static class StepSeed
{
    public static ulong Of(ulong seed, ulong place, ulong part) => Scramble(Scramble(Scramble(seed) + place) + part);

    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Scramble(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
