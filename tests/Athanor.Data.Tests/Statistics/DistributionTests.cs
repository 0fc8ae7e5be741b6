using Athanor.Data.Statistics;

namespace Athanor.Data.Tests.Statistics;

public sealed class DistributionTests
{
    [Fact]
    public void Parts_add_up_to_the_whole()
    {
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, 10_000).Select(_ => (float)Math.Exp(random.NextDouble() * 20 - 10) * (random.Next(4) == 0 ? -1 : 1)), float.NaN, 0, float.NaN];
        Distribution whole = Of(values), parts = new();
        for (int at = 0; at < values.Length; at += 997)
            parts.Add(Of(values[at..Math.Min(values.Length, at + 997)]));
        double[] numbers = [.. values.Where(value => !float.IsNaN(value)).Select(value => (double)value)];
        foreach (Distribution found in (Distribution[])[whole, parts])
        {
            Assert.Equal((numbers.Length, 2), (found.Count, found.Missing));
            Assert.Equal(numbers.Average(), found.Mean, 1e-9 * Math.Abs(numbers.Max()));
            double variance = numbers.Sum(value => Math.Pow(value - numbers.Average(), 2)) / numbers.Length;
            Assert.Equal(Math.Sqrt(variance), found.Deviation, 1e-6 * Math.Sqrt(variance));
            Assert.Equal((numbers.Min(), numbers.Max()), (found.Min, found.Max));
        }
        double[] sorted = [.. numbers.Order()];
        foreach (double share in (double[])[0, 0.01, 0.3, 0.5, 0.9, 1])
        {
            double expected = sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
            Assert.Equal(whole.Quantile(share), parts.Quantile(share));
            Assert.Equal(expected, whole.Quantile(share), 0.01 * Math.Abs(expected));
        }
        Assert.Equal(numbers.Length, whole.Histogram(12).Sum(bar => bar.Count));
    }

    [Fact]
    public void Small_whole_numbers_are_exact()
    {
        Distribution values = Of([.. Enumerable.Range(0, 101).Select(number => (float)number)]);
        Assert.Equal(50, values.Quantile(0.5));
        Assert.Equal(25, values.Quantile(0.25));
        Assert.Equal(0, values.Quantile(0));
    }

    [Fact]
    public void Nothing_and_infinity_are_borne()
    {
        Assert.True(double.IsNaN(new Distribution().Quantile(0.5)));
        Assert.Empty(new Distribution().Histogram(3));
        Distribution values = Of([1, float.PositiveInfinity, float.NegativeInfinity]);
        Assert.Equal(3, values.Count);
        Assert.Equal(1, values.Quantile(0.5));
        Assert.Equal(3, values.Histogram(4).Sum(bar => bar.Count));
    }

    private static Distribution Of(float[] values)
    {
        var distribution = new Distribution();
        foreach (float value in values)
            distribution.Add(value);
        return distribution;
    }
}
