namespace Athanor.Data.Statistics;

/// <summary>A bar of a histogram.</summary>
/// <param name="From">Its least value.</param>
/// <param name="To">The least value of the next one.</param>
/// <param name="Count">Values.</param>
public readonly record struct HistogramBar(double From, double To, long Count);

/// <summary>
/// How values are distributed, in fixed memory: moments, and counts in buckets that are the upper 16 bits of a float. Buckets are less than 1 % wide, counts are whole numbers, so distributions of
/// parts add up to the same in any order; quantiles are right to 1 % of the value.
/// </summary>
public sealed class Distribution
{
    private const int Buckets = 1 << 16, PageBits = 8;
    // Most values share a few exponents, so most pages stay empty.
    private readonly long[]?[] _pages = new long[]?[Buckets >> PageBits];
    private Moments _moments;

    /// <summary>Values, without those that were not computed.</summary>
    public long Count => _moments.Count;

    /// <summary>Values that were not computed.</summary>
    public long Missing { get; private set; }

    /// <summary>Their mean.</summary>
    public double Mean => _moments.Mean;

    /// <summary>Their standard deviation.</summary>
    public double Deviation => Math.Sqrt(Math.Max(0, _moments.Variance));

    /// <summary>The least value; NaN where there is none.</summary>
    public float Min { get; private set; } = float.NaN;

    /// <summary>The largest value; NaN where there is none.</summary>
    public float Max { get; private set; } = float.NaN;

    /// <summary>Adds a value; NaN counts as missing.</summary>
    public void Add(float value)
    {
        if (float.IsNaN(value))
        {
            Missing++;
            return;
        }
        _moments.Add(Math.Clamp(value, float.MinValue, float.MaxValue));
        Min = value < Min || float.IsNaN(Min) ? value : Min;
        Max = value > Max || float.IsNaN(Max) ? value : Max;
        Raise(BucketOf(value), 1);
    }

    /// <summary>Adds the values of a part that comes behind.</summary>
    public void Add(Distribution other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Missing += other.Missing;
        if (other.Count == 0)
            return;
        _moments.Add(other._moments);
        Min = other.Min < Min || float.IsNaN(Min) ? other.Min : Min;
        Max = other.Max > Max || float.IsNaN(Max) ? other.Max : Max;
        foreach ((int bucket, long count) in other.Filled())
            Raise(bucket, count);
    }

    /// <summary>A value below which about such a share of the values lies; NaN where there are none.</summary>
    public double Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (Count == 0)
            return double.NaN;
        long rank = Math.Min(Count - 1, (long)(share * Count)), before = 0;
        foreach ((int bucket, long count) in Filled())
        {
            before += count;
            if (before > rank)
                return Math.Clamp(Middle(bucket), Min, Max);
        }
        return Max;
    }

    /// <summary>So many bars of equal width between the 1st and the 99th hundredth; the outer ones hold what lies beyond.</summary>
    public IReadOnlyList<HistogramBar> Histogram(int bars)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bars, 1);
        if (Count == 0)
            return [];
        double low = Quantile(0.01), high = Quantile(0.99);
        if (high <= low)
            return [new HistogramBar(Min, Max, Count)];
        long[] counts = new long[bars];
        foreach ((int bucket, long count) in Filled())
            counts[Math.Clamp((int)((Middle(bucket) - low) / (high - low) * bars), 0, bars - 1)] += count;
        return [.. counts.Select((count, i) => new HistogramBar(i == 0 ? Min : low + (high - low) * i / bars, i == bars - 1 ? Max : low + (high - low) * (i + 1) / bars, count))];
    }

    private void Raise(int bucket, long count) => (_pages[bucket >> PageBits] ??= new long[1 << PageBits])[bucket & ((1 << PageBits) - 1)] += count;

    /// <summary>Buckets that hold values, in the order of the values.</summary>
    private IEnumerable<(int Bucket, long Count)> Filled()
    {
        for (int page = 0; page < _pages.Length; page++)
        {
            for (int i = 0; _pages[page] is { } counts && i < counts.Length; i++)
            {
                if (counts[i] > 0)
                    yield return (page << PageBits | i, counts[i]);
            }
        }
    }

    /// <summary>Floats as whole numbers that have their order: the sign's bit is turned, and for negative ones all others too.</summary>
    private static int BucketOf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value);
        return (int)((bits >> 31 != 0 ? ~bits : bits | 0x8000_0000) >> 16);
    }

    /// <summary>The value in the middle of a bucket; small whole numbers, which have a bucket of their own, exactly.</summary>
    private static double Middle(int bucket)
    {
        float low = Value((uint)bucket << 16), high = Value((uint)bucket << 16 | 0xFFFF);
        (low, high) = low <= high ? (low, high) : (high, low);
        if (!float.IsFinite(low) || !float.IsFinite(high))
            return float.IsFinite(low) ? low : high;
        double whole = Math.Abs(low) < Math.Abs(high) ? low : high;
        return Math.Abs(whole) < 256 && whole == Math.Floor(whole) ? whole : ((double)low + high) / 2;
    }

    private static float Value(uint ordered) => BitConverter.UInt32BitsToSingle(ordered >> 31 != 0 ? ordered & 0x7FFF_FFFF : ~ordered);
}
