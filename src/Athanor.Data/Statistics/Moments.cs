namespace Athanor.Data.Statistics;

/// <summary>Count, mean and variance of values, so that those of parts can be put together (Chan, Golub, LeVeque 1983). The order of parts matters in the last bits, so they are put together in the order of the documents.</summary>
public struct Moments
{
    private double _squares;

    /// <summary>Values.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean; 0 where there are none.</summary>
    public double Mean { get; private set; }

    /// <summary>Their variance (of the values themselves, not an estimate for others).</summary>
    public readonly double Variance => Count > 0 ? _squares / Count : 0;

    /// <summary>Adds a value.</summary>
    public void Add(double value)
    {
        Count++;
        double delta = value - Mean;
        Mean += delta / Count;
        _squares += delta * (value - Mean);
    }

    /// <summary>Adds the values of another part.</summary>
    public void Add(in Moments other)
    {
        if (other.Count == 0)
            return;
        double delta = other.Mean - Mean;
        long count = Count + other.Count;
        Mean += delta * other.Count / count;
        _squares += other._squares + delta * delta * Count / count * other.Count;
        Count = count;
    }
}
