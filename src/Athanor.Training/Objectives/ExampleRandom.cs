using Athanor.Training.Batches;

namespace Athanor.Training.Objectives;

/// <summary>The random numbers of one example: the n-th is a function of the seed and n.</summary>
internal struct ExampleRandom(ulong seed)
{
    private ulong _count;

    /// <summary>A number in [0, below).</summary>
    public int Next(int below) => (int)(((UInt128)Draw() * (uint)below) >> 64);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (Draw() >> 11) * (1.0 / (1L << 53));

    private ulong Draw() => StepSeed.Of(seed, _count++, 0x0BEC);
}
