namespace Athanor.Data.Tests.Testing;

/// <summary>Work that saves its progress, stopped and killed in turns until it is done.</summary>
internal static class Interrupted
{
    /// <summary>Begins the work again until it ends by itself, and gives how often it did not.</summary>
    /// <param name="most">So many stops are too many.</param>
    /// <param name="steps">Steps of an attempt, by its number: at the last it is told to stop, or, every second time, dies without saving.</param>
    /// <param name="work">An attempt: its number, what it calls at each step, what tells it to stop.</param>
    /// <param name="stopped">What happens between two attempts: to what is half written, say.</param>
    public static int UntilDone(int most, Func<int, int> steps, Action<int, Action, CancellationToken> work, Action stopped)
    {
        for (int stops = 0; ; stops++)
        {
            Assert.True(stops < most, $"{stops} stops");
            using var stop = new CancellationTokenSource();
            int left = steps(stops);
            bool kills = stops % 2 == 1;
            try
            {
                work(stops, () =>
                {
                    if (--left > 0)
                        return;
                    if (kills)
                        throw new IOException("killed");
                    stop.Cancel();
                }, stop.Token);
                return stops;
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                stopped();
            }
        }
    }
}
