using System.Collections.Concurrent;

namespace Athanor.Data.Execution;

/// <summary>
/// Work on items by any number of threads whose results are taken in the order of the items, so that nothing that is made of them depends on the number of threads.
/// </summary>
internal static class OrderedWork
{
    /// <summary>Runs until all items are taken, or the first item in order whose work fails.</summary>
    /// <param name="items">Read on the calling thread, a few ahead of the workers.</param>
    /// <param name="workers">Threads; 1 works on the calling thread.</param>
    /// <param name="makeWorker">What each thread keeps to itself.</param>
    /// <param name="work">Makes an item's result.</param>
    /// <param name="take">Called on the calling thread, in the order of the items.</param>
    /// <param name="pressed">True where memory is short: then nothing is read ahead until less is under way.</param>
    /// <param name="cancellation">Stops between items.</param>
    public static void Run<TItem, TResult, TWorker>(IEnumerable<TItem> items, int workers, Func<TWorker> makeWorker, Func<TWorker, TItem, TResult> work, Action<TItem, TResult> take,
        Func<bool> pressed, CancellationToken cancellation)
    {
        if (workers <= 1)
        {
            TWorker worker = makeWorker();
            foreach (TItem item in items)
            {
                cancellation.ThrowIfCancellationRequested();
                take(item, work(worker, item));
            }
            return;
        }
        bool abandoned = false;
        using var queue = new BlockingCollection<Slot<TItem, TResult>>();
        var ahead = new Queue<Slot<TItem, TResult>>();
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(number => new Thread(Work) { IsBackground = true, Name = $"data worker {number}" })];
        foreach (Thread thread in threads)
            thread.Start();
        try
        {
            using IEnumerator<TItem> source = items.GetEnumerator();
            bool more = true;
            while (more || ahead.Count > 0)
            {
                while (more && (ahead.Count == 0 || (ahead.Count < 2 * workers && !pressed())))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (more = source.MoveNext())
                    {
                        var slot = new Slot<TItem, TResult>(source.Current);
                        ahead.Enqueue(slot);
                        queue.Add(slot, cancellation);
                    }
                }
                if (!ahead.TryDequeue(out Slot<TItem, TResult>? head))
                    continue;
                TResult result = head.Result.Task.WaitAsync(cancellation).GetAwaiter().GetResult();
                // A result that is ready is not waited for, and tells nothing of a stop.
                cancellation.ThrowIfCancellationRequested();
                take(head.Item, result);
            }
        }
        catch
        {
            abandoned = true;
            throw;
        }
        finally
        {
            queue.CompleteAdding();
            foreach (Thread thread in threads)
                thread.Join();
        }

        void Work()
        {
            TWorker? worker = default;
            bool made = false;
            foreach (Slot<TItem, TResult> slot in queue.GetConsumingEnumerable(CancellationToken.None))
            {
                if (Volatile.Read(ref abandoned))
                    continue;
                try
                {
                    if (!made)
                        (worker, made) = (makeWorker(), true);
                    slot.Result.SetResult(work(worker!, slot.Item));
                }
                catch (Exception e)
                {
                    slot.Result.SetException(e);
                }
            }
        }
    }

    private sealed class Slot<TItem, TResult>(TItem item)
    {
        public TItem Item { get; } = item;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
