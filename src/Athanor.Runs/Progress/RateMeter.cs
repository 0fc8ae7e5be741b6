namespace Athanor.Runs.Progress;

/// <summary>
/// Units a second, recent ones counting more: an exponential average over time with a half-life, corrected for its start, so that it follows changes and
/// still does not jump.
/// </summary>
internal sealed class RateMeter(TimeSpan halfLife)
{
    private double _units, _seconds, _lastDone;
    private TimeSpan _last;
    private bool _begun;

    /// <summary>Units a second; null before anything was measured.</summary>
    public double? Rate => _seconds > 0 ? _units / _seconds : null;

    public void Add(TimeSpan now, double done)
    {
        if (_begun && now > _last)
        {
            double seconds = (now - _last).TotalSeconds, keep = Math.Pow(2, -seconds / halfLife.TotalSeconds);
            _units = _units * keep + (done - _lastDone);
            _seconds = _seconds * keep + seconds;
        }
        else if (_begun)
            return;
        (_begun, _last, _lastDone) = (true, now, done);
    }
}
