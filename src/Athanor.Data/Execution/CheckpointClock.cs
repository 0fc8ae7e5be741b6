using System.Diagnostics;

namespace Athanor.Data.Execution;

/// <summary>Says when the place is to be noted: so often, but never so often that it takes more than a twentieth of the time.</summary>
internal sealed class CheckpointClock(TimeSpan every)
{
    private const int Share = 20;
    private long _saved = Stopwatch.GetTimestamp();
    private TimeSpan _took;

    public bool IsDue => Stopwatch.GetElapsedTime(_saved) is var since && since >= every && since >= Share * _took;

    public void Save(Action save)
    {
        long begun = Stopwatch.GetTimestamp();
        save();
        _saved = Stopwatch.GetTimestamp();
        _took = every > TimeSpan.Zero ? Stopwatch.GetElapsedTime(begun, _saved) : default;
    }
}
