namespace Athanor.Tensors.Autograd;

/// <summary>A seed and a position: random ops take counters from here, so that a recomputed op draws the same numbers again.</summary>
internal sealed class RandomStream
{
    public ulong Seed { get; private set; }

    /// <summary>The next unused counter; set back to replay.</summary>
    public ulong Position { get; set; }

    public void Restart(ulong seed)
    {
        Seed = seed;
        Position = 0;
    }

    /// <summary>Reserves <paramref name="count"/> counters and returns the first.</summary>
    public ulong Take(ulong count)
    {
        ulong first = Position;
        Position += count;
        return first;
    }
}
