namespace Athanor.Tensors.Tests.Testing;

/// <summary>Comparisons that say where and by how much two results differ.</summary>
internal static class Compare
{
    /// <summary>One bf16 rounding is half a unit in 2^-8; two roundings of nearly equal numbers can differ by one unit.</summary>
    public const double Bf16 = 1.0 / 128;

    /// <summary>The relative tolerance for results stored as <paramref name="type"/>: fp32 math, one rounding.</summary>
    public static double Tolerance(DType type, double f32 = 1e-5) => type == DType.BF16 ? Bf16 : f32;

    /// <summary>
    /// |actual − expected| ≤ atol + rtol·|expected| everywhere; NaN equals NaN, infinities must agree in sign.
    /// </summary>
    public static void Close(TestBuffer actual, TestBuffer expected, double rtol, double atol, string what = "result")
    {
        Assert.Equal(expected.Length, actual.Length);
        Close(i => actual[i], i => expected[i], actual.Length, rtol, atol, what);
    }

    public static void Close(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double rtol, double atol, string what = "result")
    {
        Assert.Equal(expected.Length, actual.Length);
        float[] a = actual.ToArray(), e = expected.ToArray();
        Close(i => a[i], i => e[i], a.Length, rtol, atol, what);
    }

    public static void Close(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double rtol, double atol, string what = "result")
    {
        Assert.Equal(expected.Length, actual.Length);
        double[] a = actual.ToArray(), e = expected.ToArray();
        Close(i => a[i], i => e[i], a.Length, rtol, atol, what);
    }

    /// <summary>Equal to the last bit.</summary>
    public static void SameBytes(TestBuffer actual, TestBuffer expected, string what = "result")
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Equal(expected.Type, actual.Type);
        int same = actual.Bytes.CommonPrefixLength(expected.Bytes);
        if (same != actual.Bytes.Length)
        {
            int i = same / actual.Type.Size();
            Assert.Fail($"{what}: element {i} of {actual.Length} is {actual[i]:R}, to the bit it should be {expected[i]:R}.");
        }
    }

    private static void Close(Func<long, double> actual, Func<long, double> expected, long n, double rtol, double atol, string what)
    {
        long first = -1, bad = 0, worstAt = -1;
        double worst = -1;
        for (long i = 0; i < n; i++)
        {
            double a = actual(i), e = expected(i);
            if (a == e || (double.IsNaN(a) && double.IsNaN(e)))
                continue;
            double error = Math.Abs(a - e);
            if (error <= atol + rtol * Math.Abs(e) && double.IsFinite(a) && double.IsFinite(e))
                continue;
            bad++;
            if (first < 0)
                first = i;
            if (double.IsNaN(error))
                error = double.PositiveInfinity;
            if (error > worst)
                (worst, worstAt) = (error, i);
        }
        if (bad > 0)
        {
            Assert.Fail($"{what}: {bad} of {n} differ by more than {atol:G3} + {rtol:G3}·|expected|; first at {first}: " +
                $"{actual(first):R} instead of {expected(first):R}; worst at {worstAt}: {actual(worstAt):R} instead of {expected(worstAt):R} (error {worst:G3}).");
        }
    }
}
