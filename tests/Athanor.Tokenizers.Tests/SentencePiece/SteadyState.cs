namespace Athanor.Tokenizers.Tests.SentencePiece;

/// <summary>Finds out whether code that ran before allocates when it runs again.</summary>
internal static class SteadyState
{
    public static void AllocatesNothing(Action run)
    {
        long allocated = long.MaxValue;
        // The runtime allocates a little once in a while when it compiles code anew; only what comes every time counts.
        for (int round = 0; round < 10 && allocated != 0; round++)
        {
            run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }
}
