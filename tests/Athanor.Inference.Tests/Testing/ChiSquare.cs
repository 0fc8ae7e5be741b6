namespace Athanor.Inference.Tests.Testing;

/// <summary>Pearson's test of counts against exact probabilities; cells that expect fewer than 5 are taken together.</summary>
internal static class ChiSquare
{
    /// <summary>How many standard deviations the statistic lies above its mean; about normal, so above 4 once in 30,000 true cases.</summary>
    public static double Excess(IReadOnlyList<int> counts, IReadOnlyList<double> probabilities)
    {
        double total = counts.Sum(), statistic = 0, restExpected = 0, restCount = 0;
        int cells = 0;
        for (int i = 0; i < counts.Count; i++)
        {
            double expected = total * probabilities[i];
            if (expected < 5)
            {
                (restExpected, restCount) = (restExpected + expected, restCount + counts[i]);
                continue;
            }
            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
            cells++;
        }
        if (restExpected >= 1)
        {
            statistic += (restCount - restExpected) * (restCount - restExpected) / restExpected;
            cells++;
        }
        else if (restCount > 10)
        {
            return double.PositiveInfinity;
        }
        double freedom = Math.Max(1, cells - 1);
        return (statistic - freedom) / Math.Sqrt(2 * freedom);
    }
}
