namespace Athanor.Runs.Stages;

/// <summary>Memory of the process while a stage ran, in bytes.</summary>
/// <param name="Before">Held when it began.</param>
/// <param name="Peak">The most that was seen, at least ten times a second.</param>
/// <param name="Declared">What the stage's settings allow it beyond what was held; null where they say nothing.</param>
public sealed record StageMemory(long Before, long Peak, long? Declared);

/// <summary>Watches the memory of this process.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private readonly long _before = Environment.WorkingSet;
    private readonly Timer _timer;
    private long _peak;

    public MemoryWatch()
    {
        _peak = _before;
        _timer = new Timer(_ => Look(), null, Every, Every);
    }

    public StageMemory Seen(long? declared)
    {
        Look();
        return new StageMemory(_before, Volatile.Read(ref _peak), declared);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long now = Environment.WorkingSet, before = Volatile.Read(ref _peak);
        while (now > before && Interlocked.CompareExchange(ref _peak, now, before) is var found && found != before)
            before = found;
    }
}
