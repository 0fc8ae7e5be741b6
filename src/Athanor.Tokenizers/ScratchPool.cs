namespace Athanor.Tokenizers;

/// <summary>
/// Scratch objects that wait for a thread: as many as threads were at work at once, less what exceeds twice the processors.
/// Renting and returning is one interlocked exchange each.
/// </summary>
internal sealed class ScratchPool<T>(Func<T> make)
    where T : class
{
    private readonly T?[] _waiting = new T?[2 * Environment.ProcessorCount];

    public T Rent()
    {
        foreach (ref T? slot in _waiting.AsSpan())
        {
            if (slot is not null && Interlocked.Exchange(ref slot, null) is { } scratch)
                return scratch;
        }
        return make();
    }

    public void Return(T scratch)
    {
        foreach (ref T? slot in _waiting.AsSpan())
        {
            if (slot is null && Interlocked.CompareExchange(ref slot, scratch, null) is null)
                return;
        }
    }
}
