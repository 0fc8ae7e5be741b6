namespace Athanor.Data.LanguageModels;

/// <summary>
/// The three discounts of an order, from how many n-grams were counted once, twice, three and four times (Chen and Goodman 1998, section 3):
/// <c>Y = n1 / (n1 + 2·n2); D1 = 1 − 2Y·n2/n1; D2 = 2 − 3Y·n3/n2; D3+ = 3 − 4Y·n4/n3</c>.
/// </summary>
/// <param name="One">Taken from counts of 1.</param>
/// <param name="Two">Taken from counts of 2.</param>
/// <param name="More">Taken from counts of 3 and more.</param>
/// <param name="Estimated">False where the counts gave none and the usual ones of KenLM stand here (0.5, 1, 1.5).</param>
public readonly record struct KneserNeyDiscounts(double One, double Two, double More, bool Estimated)
{
    /// <summary>The discounts of numbers of n-grams by count; <paramref name="counts"/>[k] for a count of k, up to 4.</summary>
    public static KneserNeyDiscounts From(ReadOnlySpan<long> counts)
    {
        double n1 = counts[1], n2 = counts[2], n3 = counts[3], n4 = counts[4];
        if (n1 > 0 && n2 > 0 && n3 > 0)
        {
            double y = n1 / (n1 + 2 * n2), one = 1 - 2 * y * n2 / n1, two = 2 - 3 * y * n3 / n2, more = 3 - 4 * y * n4 / n3;
            if (one is >= 0 and <= 1 && two is >= 0 and <= 2 && more is >= 0 and <= 3)
                return new KneserNeyDiscounts(one, two, more, true);
        }
        // Small or artificial corpora: no n-gram seen exactly so often, or counts that do not fall.
        return new KneserNeyDiscounts(0.5, 1, 1.5, false);
    }

    /// <summary>What a count loses.</summary>
    public double Of(ulong count) => count switch { 0 => 0, 1 => One, 2 => Two, _ => More };
}
