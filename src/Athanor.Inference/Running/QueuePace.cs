namespace Athanor.Inference.Running;

/// <summary>How fast a queue moves, and from that how long one who joins it will wait. One thread serves the queue, any may join and ask.</summary>
/// <param name="time">The clock; that of the machine where null.</param>
internal sealed class QueuePace(TimeProvider? time = null)
{
    private const double Weight = 0.9;
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // When one was begun last, or when one came to an empty queue; and the mean seconds from one to the next.
    private long _moved;
    private double _interval;

    /// <summary>One has come to wait; with it there are so many.</summary>
    public void Waits(int waiting)
    {
        if (waiting == 1)
            Volatile.Write(ref _moved, _time.GetTimestamp());
    }

    /// <summary>So many were begun together.</summary>
    public void Began(int count)
    {
        if (count == 0)
            return;
        long now = _time.GetTimestamp(), moved = Interlocked.Exchange(ref _moved, now);
        double kept = Math.Pow(Weight, count);
        Volatile.Write(ref _interval, kept * _interval + (1 - kept) * _time.GetElapsedTime(moved, now).TotalSeconds / count);
    }

    /// <summary>What one who joins so many will wait. Places become free in bursts, so that time without any says no more than itself.</summary>
    public TimeSpan ExpectedWait(int waiting)
    {
        if (waiting <= 0)
            return TimeSpan.Zero;
        double still = _time.GetElapsedTime(Volatile.Read(ref _moved)).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Max(waiting * Volatile.Read(ref _interval), still));
    }
}
