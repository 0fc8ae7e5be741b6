namespace Athanor.Inference.Quantization;

/// <summary>The grid of a group of weights: value = scale·(q − zero) with q in 0..2^bits − 1. The scale is one that fp16 holds, since checkpoints store it so.</summary>
/// <param name="Scale">Above 0.</param>
/// <param name="Zero">The code of 0.</param>
/// <param name="Most">2^bits − 1.</param>
public readonly record struct GroupGrid(float Scale, int Zero, int Most)
{
    /// <summary>The grid of weights.</summary>
    /// <param name="symmetric">±max|w| around the middle code; else from the least weight to the largest, 0 among them.</param>
    /// <param name="shrink">The range is taken times this: below 1 it clips.</param>
    public static GroupGrid Fit(ReadOnlySpan<double> weights, int bits, bool symmetric, double shrink = 1)
    {
        double least = 0, largest = 0;
        foreach (double weight in weights)
        {
            least = Math.Min(least, weight);
            largest = Math.Max(largest, weight);
        }
        return Of(least * shrink, largest * shrink, bits, symmetric);
    }

    /// <summary>The grid of a range.</summary>
    /// <param name="least">0 or below.</param>
    /// <param name="largest">0 or above.</param>
    /// <param name="symmetric">As for <see cref="Fit"/>.</param>
    public static GroupGrid Of(double least, double largest, int bits, bool symmetric)
    {
        int most = (1 << bits) - 1;
        if (symmetric)
            (least, largest) = (-Math.Max(-least, largest), Math.Max(-least, largest));
        float scale = (float)(Half)((largest - least) / most);
        if (!(scale > 0))
            return new GroupGrid((float)Half.Epsilon * 1024, 1 << (bits - 1), most);
        // A stored zero is one less, and -1 would not be read alike everywhere.
        return new GroupGrid(scale, symmetric ? 1 << (bits - 1) : Math.Clamp((int)Math.Round(-least / scale), 1, most), most);
    }

    /// <summary>The code of a weight.</summary>
    public int Code(double weight) => (int)Math.Clamp(Math.Round(weight / Scale) + Zero, 0, Most);

    /// <summary>The weight of a code.</summary>
    public float Value(int code) => Scale * (code - Zero);
}
