namespace Athanor.Tensors.Tests.Testing;

/// <summary>Checks of the steady state.</summary>
internal static class Steady
{
    private const int WarmUpCalls = 3, CallsPerRound = 5, Rounds = 4;

    /// <summary>
    /// After a warm-up, <paramref name="action"/> allocates no managed bytes on the calling thread. What the runtime allocates once, when a
    /// rare path is taken for the first time (two test classes meet at a team's lock, a sleeping member is woken), may fall into a round;
    /// an action that allocates by itself, be it in one call of five, does so in every round.
    /// </summary>
    public static void AllocatesNothing(Action action)
    {
        for (int i = 0; i < WarmUpCalls; i++)
            action();
        Span<long> bytes = stackalloc long[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < CallsPerRound; i++)
                action();
            bytes[round] = GC.GetAllocatedBytesForCurrentThread() - before;
            if (bytes[round] == 0)
                return;
        }
        Assert.Fail($"Rounds of {CallsPerRound} calls allocated {string.Join(", ", bytes.ToArray())} managed bytes.");
    }
}
