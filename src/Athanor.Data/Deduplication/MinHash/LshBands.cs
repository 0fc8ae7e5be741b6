namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// A signature cut into bands of rows: two texts of Jaccard similarity J share a band with probability 1 − (1 − J^rows)^bands
/// (Indyk and Motwani 1998; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4).
/// </summary>
/// <param name="Bands">Bands.</param>
/// <param name="Rows">Minima of a band.</param>
public readonly record struct LshBands(int Bands, int Rows)
{
    private const int Steps = 1000;

    /// <summary>Minima of a signature.</summary>
    public int Hashes => Bands * Rows;

    /// <summary>Where the probability rises fastest: (1/bands)^(1/rows).</summary>
    public double Threshold => Math.Pow(1.0 / Bands, 1.0 / Rows);

    /// <summary>The probability that two texts of a similarity become candidates.</summary>
    public double Probability(double similarity) => 1 - Math.Pow(1 - Math.Pow(similarity, Rows), Bands);

    /// <summary>
    /// The bands and rows of at most so many minima for which the area of false positives below the threshold and of false negatives above it is least; both count alike
    /// (as datasketch's <c>MinHashLSH</c> chooses: 128 minima give 14 × 9 at 0.7 and 9 × 13 at 0.8).
    /// </summary>
    public static LshBands For(double threshold, int hashes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hashes, 1);
        if (!(threshold is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A similarity is from 0 (exclusive) to 1.");
        LshBands best = default;
        double least = double.PositiveInfinity;
        for (int bands = 1; bands <= hashes; bands++)
        {
            for (int rows = 1; rows <= hashes / bands; rows++)
            {
                var candidate = new LshBands(bands, rows);
                double error = candidate.Error(threshold);
                if (error < least)
                    (best, least) = (candidate, error);
            }
        }
        return best;
    }

    private double Error(double threshold)
    {
        double positives = 0, negatives = 0;
        for (int i = 0; i < Steps; i++)
        {
            double middle = (i + 0.5) / Steps;
            positives += Probability(middle * threshold);
            negatives += 1 - Probability(threshold + middle * (1 - threshold));
        }
        return (positives * threshold + negatives * (1 - threshold)) / Steps;
    }
}
