using System.Diagnostics;

namespace Athanor.Tokenizers.Tests.Testing;

/// <summary>Whether work can be done in a time at all: a busy machine may hold up any one attempt, hardly five.</summary>
internal static class Quickest
{
    /// <summary>The shortest time of up to five attempts, of which one that is short enough is the last.</summary>
    public static TimeSpan Of(TimeSpan enough, Action work)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < 5 && best >= enough; attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            best = time < best ? time : best;
        }
        return best;
    }
}
