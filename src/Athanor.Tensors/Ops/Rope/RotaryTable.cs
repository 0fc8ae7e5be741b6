using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Cosines and sines of a rotary embedding, fp32 [positions, R/2]; belongs to its model, which disposes it.</summary>
public sealed class RotaryTable : IDisposable
{
    private readonly Parameter _cos, _sin;

    /// <summary>The usual table: frequency i is theta^(−2i/R) (arXiv 2104.09864).</summary>
    /// <param name="positions">Positions 0 … positions − 1.</param>
    /// <param name="rotary">R: dimensions of a head that turn; even.</param>
    /// <param name="theta">Base of the frequencies: 10,000 in the paper.</param>
    /// <param name="positionScale">Positions are divided by this (linear scaling, arXiv 2306.15595).</param>
    public RotaryTable(Device device, int positions, int rotary, double theta = 10000, double positionScale = 1)
        : this(device, positions, Frequencies(rotary, theta), positionScale)
    {
    }

    /// <summary>A table of any frequencies, for schemes that bend them (NTK-aware, YaRN).</summary>
    /// <param name="inverseFrequencies">Radians per position, one for each pair.</param>
    /// <param name="magnitude">Factor of both tables: the attention factor of YaRN.</param>
    public unsafe RotaryTable(Device device, int positions, ReadOnlySpan<double> inverseFrequencies, double positionScale = 1, double magnitude = 1)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positionScale);
        if (inverseFrequencies.IsEmpty)
            throw new ArgumentException("A rotary table needs at least one frequency.", nameof(inverseFrequencies));
        Positions = positions;
        Rotary = 2 * inverseFrequencies.Length;
        var shape = new Shape(positions, inverseFrequencies.Length);
        _cos = new Parameter(device, "rotary.cos", shape, trainable: false);
        _sin = new Parameter(device, "rotary.sin", shape, trainable: false);
        float[] cos = new float[shape.Count], sin = new float[shape.Count];
        fixed (float* c = cos, s = sin)
            RopeKernel.FillTables(c, s, positions, inverseFrequencies, positionScale, magnitude);
        device.Upload(_cos, cos);
        device.Upload(_sin, sin);
    }

    /// <summary>Positions that the table covers.</summary>
    public int Positions { get; }

    /// <summary>Dimensions of a head that turn.</summary>
    public int Rotary { get; }

    internal Tensor Cos => _cos.Value;
    internal Tensor Sin => _sin.Value;

    /// <summary>theta^(−2i/R) for the R/2 pairs of <paramref name="rotary"/> dimensions.</summary>
    public static double[] Frequencies(int rotary, double theta = 10000)
    {
        if (rotary <= 0 || rotary % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(rotary), rotary, "Rotary dimensions come in pairs: an even number above 0.");
        double[] frequencies = new double[rotary / 2];
        RopeKernel.FillInverseFrequencies(frequencies, theta);
        return frequencies;
    }

    public void Dispose()
    {
        _cos.Dispose();
        _sin.Dispose();
    }
}
