namespace Athanor.Tokenizers.SentencePiece;

/// <summary>A few idle scratch objects, one for each thread that encodes at once: renting and returning is one interlocked exchange each.</summary>
internal sealed class ScratchPool<T>
    where T : class, new()
{
    private readonly T?[] _idle = new T?[Environment.ProcessorCount];

    public T Rent()
    {
        foreach (ref T? slot in _idle.AsSpan())
        {
            if (slot is not null && Interlocked.Exchange(ref slot, null) is { } scratch)
                return scratch;
        }
        return new T();
    }

    public void Return(T scratch)
    {
        foreach (ref T? slot in _idle.AsSpan())
        {
            if (slot is null && Interlocked.CompareExchange(ref slot, scratch, null) is null)
                return;
        }
    }
}
