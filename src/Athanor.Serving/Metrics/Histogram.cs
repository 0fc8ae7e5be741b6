namespace Athanor.Serving.Metrics;

/// <summary>Counts of durations below rising bounds, in seconds.</summary>
internal sealed class Histogram(params double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private long _nanoseconds;

    /// <summary>Upper bounds in seconds.</summary>
    public ReadOnlySpan<double> Bounds => bounds;

    /// <summary>Counts a duration so many times.</summary>
    public void Add(TimeSpan duration, int times = 1)
    {
        int at = Array.BinarySearch(bounds, duration.TotalSeconds);
        Interlocked.Add(ref _counts[at < 0 ? ~at : at], times);
        Interlocked.Add(ref _nanoseconds, (long)duration.TotalNanoseconds * times);
    }

    /// <summary>The counts at or below each bound and in all, and the sum in seconds.</summary>
    public (long[] Cumulative, double Sum) Read()
    {
        long[] cumulative = new long[_counts.Length];
        long all = 0;
        for (int i = 0; i < _counts.Length; i++)
            cumulative[i] = all += Interlocked.Read(ref _counts[i]);
        return (cumulative, Interlocked.Read(ref _nanoseconds) / 1e9);
    }
}
