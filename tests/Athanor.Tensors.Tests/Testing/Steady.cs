namespace Athanor.Tensors.Tests.Testing;

/// <summary>Checks of the steady state.</summary>
internal static class Steady
{
    /// <summary>After a warm-up, <paramref name="action"/> allocates no managed bytes on the calling thread.</summary>
    public static void AllocatesNothing(Action action)
    {
        for (int i = 0; i < 3; i++)
            action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++)
            action();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(bytes == 0, $"5 calls allocated {bytes} managed bytes.");
    }
}
