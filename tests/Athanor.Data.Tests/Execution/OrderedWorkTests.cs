using Athanor.Data.Execution;

namespace Athanor.Data.Tests.Execution;

public sealed class OrderedWorkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Told_to_stop_it_takes_nothing_more_even_of_what_is_ready(int workers)
    {
        using var stop = new CancellationTokenSource();
        using var ready = new CountdownEvent(workers == 1 ? 1 : 4);
        List<int> taken = [];
        Assert.ThrowsAny<OperationCanceledException>(() => OrderedWork.Run(Enumerable.Range(0, 4), workers, () => 0, (_, item) =>
        {
            ready.Signal();
            return item;
        }, (item, _) =>
        {
            ready.Wait();
            taken.Add(item);
            stop.Cancel();
        }, () => false, stop.Token));
        Assert.Equal([0], taken);
    }
}
