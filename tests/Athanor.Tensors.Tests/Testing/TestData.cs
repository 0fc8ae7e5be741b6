namespace Athanor.Tensors.Tests.Testing;

/// <summary>Reproducible buffers: the same seed gives the same bytes on every machine.</summary>
internal static class TestData
{
    public static TestBuffer Zeros(long n, DType type) => new(n, type);

    public static TestBuffer Filled(long n, DType type, float value)
    {
        var buffer = new TestBuffer(n, type);
        for (long i = 0; i < n; i++)
            buffer[i] = value;
        return buffer;
    }

    public static TestBuffer From(ReadOnlySpan<float> values, DType type)
    {
        var buffer = new TestBuffer(values.Length, type);
        for (int i = 0; i < values.Length; i++)
            buffer[i] = values[i];
        return buffer;
    }

    /// <summary>Normal numbers, mean 0, deviation <paramref name="scale"/>, rounded to <paramref name="type"/>.</summary>
    public static TestBuffer Normal(int seed, long n, DType type, double scale = 1)
    {
        var random = new Random(seed);
        var buffer = new TestBuffer(n, type);
        for (long i = 0; i < n; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            buffer[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        return buffer;
    }

    public static TestBuffer Uniform(int seed, long n, DType type, double low = -1, double high = 1)
    {
        var random = new Random(seed);
        var buffer = new TestBuffer(n, type);
        for (long i = 0; i < n; i++)
            buffer[i] = (float)(low + (high - low) * random.NextDouble());
        return buffer;
    }

    /// <summary>Integers in [low, high).</summary>
    public static TestBuffer Integers(int seed, long n, int low, int high, DType type = DType.I32)
    {
        var random = new Random(seed);
        var buffer = new TestBuffer(n, type);
        for (long i = 0; i < n; i++)
            buffer[i] = random.Next(low, high);
        return buffer;
    }
}
