namespace Athanor.Runs.Progress;

/// <summary>The progress of one stage. Reporting is cheap: faces are told at most ten times a second.</summary>
public sealed class StageProgress : IProgress<double>
{
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(100), HalfLife = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly RunProgress _run;
    private readonly RateMeter _rate = new(HalfLife);
    private readonly string _name;
    private readonly int _index, _count;
    private readonly long _started;
    private TimeSpan _shown;
    private double _done, _before;
    private double? _total;
    private string _unit = "";
    private string? _text;

    internal StageProgress(RunProgress run, string name, int index, int count)
    {
        (_run, _name, _index, _count) = (run, name, index, count);
        _started = run.Time.GetTimestamp();
        Show(ProgressKind.Started, null);
    }

    /// <summary>Says what is counted from now on, and how much there is where that is known. Begins a new measurement of the rate.</summary>
    /// <param name="total">How much there is.</param>
    /// <param name="unit">What is counted: <c>tokens</c>.</param>
    /// <param name="done">How much was done before, when resuming.</param>
    public void Expect(double? total, string unit, double done = 0)
    {
        lock (_lock)
        {
            (_total, _unit, _done, _before) = (total, unit, done, done);
            _rate.Add(Elapsed, done);
        }
    }

    /// <summary>How much is done by now.</summary>
    public void Report(double value) => Report(value, null);

    /// <summary>How much is done by now, and what is worth seeing beside it.</summary>
    public void Report(double done, string? text)
    {
        lock (_lock)
        {
            _done = done;
            _text = text ?? _text;
            TimeSpan now = Elapsed;
            // Sparse measurements suffice: the meter is not asked for each of a million documents.
            if (now - _shown < ShowEvery && done < (_total ?? double.PositiveInfinity))
                return;
            _rate.Add(now, done);
            _shown = now;
            Show(ProgressKind.Advanced, _text);
        }
    }

    /// <summary>Says something that deserves a line of its own.</summary>
    public void Say(string text) => Show(ProgressKind.Message, text);

    /// <summary>Ends the stage.</summary>
    /// <param name="kind">How: finished, reused, failed or interrupted.</param>
    /// <param name="text">What to say at the end.</param>
    public void End(ProgressKind kind, string? text = null)
    {
        lock (_lock)
        {
            Show(kind, text);
        }
    }

    private TimeSpan Elapsed => _run.Time.GetElapsedTime(_started);

    private void Show(ProgressKind kind, string? text)
    {
        TimeSpan? remaining = kind == ProgressKind.Advanced && _rate.Rate is > 0 and double rate && _total > _done ? Span((_total.Value - _done) / rate) : null;
        // At the end the whole stage counts, not its last seconds.
        double? shown = kind is ProgressKind.Started or ProgressKind.Advanced or ProgressKind.Message ? _rate.Rate
            : _done > _before && Elapsed > TimeSpan.Zero ? (_done - _before) / Elapsed.TotalSeconds : null;
        _run.Show(new ProgressReport(kind, _name, _index, _count, _done, _total, _unit, shown, Elapsed, remaining, text));
    }

    private static TimeSpan? Span(double seconds) => seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
}
