using Athanor.Serving.Protocol;

namespace Athanor.Serving.Http;

/// <summary>Lets so many requests in at a time and sends the others away with the time after which a place may be free.</summary>
internal sealed class Admission(int most)
{
    private int _inside;
    private double _meanSeconds = 1;

    /// <summary>Requests inside.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>Takes a place, which is given back by disposing of it.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public Place Enter()
    {
        if (Interlocked.Increment(ref _inside) <= most)
            return new Place(this);
        Interlocked.Decrement(ref _inside);
        throw ApiException.Overloaded($"The server answers {most} requests already. Ask again later.", RetryAfter);
    }

    /// <summary>The time in which one of the places becomes free on average; whole seconds, as the header has them.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(Volatile.Read(ref _meanSeconds) / most), 1, 60));

    private void Leave(TimeSpan took)
    {
        Interlocked.Decrement(ref _inside);
        Volatile.Write(ref _meanSeconds, 0.9 * Volatile.Read(ref _meanSeconds) + 0.1 * took.TotalSeconds);
    }

    /// <summary>A place of a request.</summary>
    public sealed class Place(Admission admission) : IDisposable
    {
        private readonly long _start = System.Diagnostics.Stopwatch.GetTimestamp();
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                admission.Leave(System.Diagnostics.Stopwatch.GetElapsedTime(_start));
        }
    }
}
