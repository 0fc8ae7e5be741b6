namespace Athanor.Training.Pretraining;

/// <summary>
/// The mean and deviation of the last 128 values: a value beyond so many deviations above is an outlier (OLMo 2, arXiv 2501.00656, with 6). Says nothing before half of them are
/// known, nor where they do not differ.
/// </summary>
public sealed class OutlierGate
{
    /// <summary>Values remembered.</summary>
    public const int Window = 128;
    private readonly Queue<double> _values = new(Window + 1);

    /// <summary>The values, the oldest first.</summary>
    public IReadOnlyCollection<double> Values => _values;

    /// <summary>Whether a value lies more than <paramref name="deviations"/> standard deviations above the mean.</summary>
    public bool IsOutlier(double value, double deviations)
    {
        if (_values.Count < Window / 2)
            return false;
        double sum = 0, squares = 0;
        foreach (double known in _values)
            sum += known;
        double mean = sum / _values.Count;
        foreach (double known in _values)
            squares += (known - mean) * (known - mean);
        return value > mean + deviations * Math.Sqrt(squares / (_values.Count - 1)) && squares > 0;
    }

    /// <summary>Takes a value in.</summary>
    public void Add(double value)
    {
        _values.Enqueue(value);
        if (_values.Count > Window)
            _values.Dequeue();
    }

    /// <summary>Makes the memory equal to these values.</summary>
    public void Restore(IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _values.Clear();
        foreach (double value in values)
            Add(value);
    }
}
