namespace Athanor.Tensors.Tests.Testing;

/// <summary>Checks a gradient that a kernel wrote against central differences of a loss.</summary>
internal static class FiniteDifferences
{
    /// <summary>
    /// Changes each element of <paramref name="x"/> (F32) by ±h and compares the slope of <paramref name="loss"/> with <paramref name="gradient"/>.
    /// </summary>
    public static void Check(Func<double> loss, TestBuffer x, TestBuffer gradient, double h = 1.0 / 256, double tolerance = 2e-3, string what = "gradient")
    {
        Assert.Equal(DType.F32, x.Type);
        var slopes = new double[x.Length];
        var actual = new double[x.Length];
        for (long i = 0; i < x.Length; i++)
        {
            float kept = x[i];
            x[i] = (float)(kept + h);
            double up = x[i], above = loss();
            x[i] = (float)(kept - h);
            double down = x[i], below = loss();
            x[i] = kept;
            slopes[i] = (above - below) / (up - down);
            actual[i] = gradient[i];
        }
        Compare.Close(actual, slopes, tolerance, tolerance, what);
    }

    /// <summary>Σ wᵢ·yᵢ: a loss whose upstream gradient is w.</summary>
    public static double Dot(TestBuffer weights, TestBuffer y)
    {
        double sum = 0;
        for (long i = 0; i < y.Length; i++)
            sum += (double)weights[i] * y[i];
        return sum;
    }
}
