namespace Athanor.Inference.Cache;

/// <summary>
/// What a full block holds: its tokens behind a prefix. The prefix is named by the number of the block before, which is never given twice, so that equal keys mean
/// equal texts from the beginning on, not only equal hashes.
/// </summary>
/// <param name="Parent">The number of the block before; 0 for the first.</param>
/// <param name="Root">Of a first block: what else its contents depend on (the adapter, the salt).</param>
/// <param name="Tokens">A block of tokens.</param>
internal readonly record struct BlockKey(long Parent, string Root, int[] Tokens)
{
    public bool Equals(BlockKey other) => Parent == other.Parent && Root == other.Root && Tokens.AsSpan().SequenceEqual(other.Tokens);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Parent);
        hash.Add(Root, StringComparer.Ordinal);
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(Tokens));
        return hash.ToHashCode();
    }
}

/// <summary>A block whose contents are known.</summary>
/// <param name="Id">The number by which blocks behind it name it.</param>
/// <param name="Block">Where it lies.</param>
/// <param name="Key">What it holds.</param>
internal sealed record CachedBlock(long Id, int Block, BlockKey Key);
