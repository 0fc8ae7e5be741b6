namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>Keys of a block must be a multiple of this for <see cref="PagedAttention"/>.</summary>
    public const int PagedBlock = 64;

    /// <summary>
    /// Attention of one text's queries over keys and values that lie in blocks of a common memory: to the bit what <see cref="Attention"/> gives with
    /// <see cref="AttentionOptions.Invariant"/> over the same keys in one piece. Outside autograd. Source: Kwon et al., PagedAttention, arXiv 2309.06180.
    /// </summary>
    /// <param name="q">F32 or BF16 [1, Tq, Hq, K].</param>
    /// <param name="keys">[slots, Hkv, K], contiguous, of the type of <paramref name="q"/>: block b is the slots b · size … (b + 1) · size − 1.</param>
    /// <param name="values">As the keys.</param>
    /// <param name="blocks">I32 [n]: the blocks of the text in order. Blocks that no query sees may be any.</param>
    /// <param name="blockSize">Keys of a block, a multiple of <see cref="PagedBlock"/>.</param>
    /// <param name="length">Keys of the text.</param>
    /// <param name="options">Masks and biases but for segments and prefixes.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit, or an option is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A block lies beyond the memory.</exception>
    public static Tensor PagedAttention(Tensor q, Tensor keys, Tensor values, Tensor blocks, int blockSize, int length, in AttentionOptions options)
    {
        if (keys.Shape.Rank != 3 || values.Shape.Rank != 3 || !keys.IsContiguous || !values.IsContiguous || blocks.DType != DType.I32 || !blocks.IsContiguous)
            throw new ArgumentException($"Paged attention of keys = {keys} and values = {values} by blocks = {blocks}: keys and values must be contiguous [slots, heads, head dim], blocks I32.");
        if (blockSize < PagedBlock || blockSize % PagedBlock != 0 || length < 1 || length > blocks.Count * blockSize)
            throw new ArgumentException($"Paged attention over {length} keys in {blocks.Count} blocks of {blockSize}: a block must be a multiple of {PagedBlock} keys, and the blocks must hold all.");
        if (options.Segments.Exists || options.Prefix.Exists)
            throw new ArgumentException("Paged attention is of one text: it takes no segments and no prefix.");
        q = AttentionNode.WithContiguousRows(q);
        Tensor k = keys.Reshape(1, keys.Shape[0], keys.Shape[1], keys.Shape[2]), v = values.Reshape(1, values.Shape[0], values.Shape[1], values.Shape[2]);
        AttentionOptions own = options with { Invariant = true };
        AttentionChecks.Check(q, k, v, own);
        q.Kernels.CheckIndices((int*)blocks.Data, blocks.Count, keys.Shape[0] / blockSize, "cache");
        Tensor o = StepScope.Require().Allocate(q.Device, q.Shape, q.DType, nameof(PagedAttention));
        Kernels.AttentionArgs args = AttentionNode.Arguments(q, k, v, o, own);
        args.KeyLength = length;
        args.Blocks = (int*)blocks.Data;
        args.BlockSize = blockSize;
        q.Kernels.AttentionForward(args);
        return o;
    }
}
