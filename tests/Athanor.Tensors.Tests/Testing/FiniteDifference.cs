namespace Athanor.Tensors.Tests.Testing;

/// <summary>Gradients by central differences of a function of one fp32 buffer.</summary>
internal static class FiniteDifference
{
    /// <summary>∂f/∂x[i] with the buffer put back afterwards.</summary>
    public static double At(Func<double> f, TestBuffer x, long i, float step = 1e-2f)
    {
        float value = x[i];
        x[i] = value + step;
        double above = f(), high = x[i];
        x[i] = value - step;
        double below = f(), low = x[i];
        x[i] = value;
        return (above - below) / (high - low);
    }

    /// <summary>Compares every element of an analytic gradient with central differences.</summary>
    public static void Check(Func<double> f, TestBuffer x, TestBuffer gradient, double rtol, double atol, string what, float step = 1e-2f)
    {
        var expected = new TestBuffer(x.Length, DType.F32);
        for (long i = 0; i < x.Length; i++)
            expected[i] = (float)At(f, x, i, step);
        Compare.Close(gradient, expected, rtol, atol, what);
        expected.Dispose();
    }

    /// <summary>Σ a·b in double: turns an output into a scalar whose gradient with respect to it is b.</summary>
    public static double Dot(TestBuffer a, TestBuffer b)
    {
        double sum = 0;
        for (long i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
