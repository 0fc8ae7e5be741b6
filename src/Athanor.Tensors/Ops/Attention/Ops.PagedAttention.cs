using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>
    /// Causal attention of the queries of many texts over keys and values in blocks, read where they lie: to the bit what <see cref="Attention"/> gives each text by itself with
    /// <see cref="AttentionOptions.Invariant"/> over its keys in one piece. Outside autograd. Source: Kwon et al., PagedAttention, arXiv 2309.06180.
    /// </summary>
    /// <param name="q">F32 or BF16 [1, N, Hq, K]: the texts' queries behind one another.</param>
    /// <param name="cache">Keys and values. Numbers of another type than that of <paramref name="q"/> count as rounded to it.</param>
    /// <param name="texts">
    /// I32 [texts, 4]: of each text the place of its first query in <paramref name="q"/>, how many there are, the position of the first in the text, and where its blocks begin
    /// in <paramref name="blocks"/>. Results of queries that belong to no text are unspecified.
    /// </param>
    /// <param name="blocks">I32: the blocks of all texts, each text's in order. Blocks that no query sees may be any.</param>
    /// <param name="options">Masks and biases but for segments, prefixes and the offset.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit, or an option is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A block lies beyond the memory.</exception>
    public static Tensor PagedAttention(Tensor q, in PagedRows cache, Tensor texts, Tensor blocks, in AttentionOptions options)
    {
        cache.Check(q, q);
        if (q.Shape[2] % Math.Max(1, cache.Keys.Shape[1]) != 0 || cache.Keys.Shape[1] == 0)
            throw new ArgumentException($"Paged attention of q = {q} over keys {cache.Keys}: the number of query heads must be a multiple of that of key heads.");
        if (texts.DType != DType.I32 || texts.Shape.Rank != 2 || texts.Shape[1] != 4 || !texts.IsContiguous || blocks.DType != DType.I32 || !blocks.IsContiguous)
            throw new ArgumentException($"Paged attention with texts = {texts} and blocks = {blocks}: texts must be I32 [texts, 4], blocks I32.");
        if (options.Segments.Exists || options.Prefix.Exists || options.Offset != 0 || !options.Causal)
            throw new ArgumentException("Paged attention is causal and of whole texts with their positions: it takes no segments, no prefix and no offset.");
        if (options.Window < 0 || !(options.SoftCap >= 0) || (options.Scale is { } scale && !float.IsFinite(scale)))
            throw new ArgumentException($"Paged attention with Window {options.Window}, SoftCap {options.SoftCap}, Scale {options.Scale}: none may be negative, the scale must be finite.");
        if (options.Slopes.Exists && (options.Slopes.DType != DType.F32 || options.Slopes.Shape != new Shape(q.Shape[2]) || !options.Slopes.IsContiguous))
            throw new ArgumentException($"Paged attention of q = {q}: Slopes is {options.Slopes}; it must be F32, one for each query head.");
        var of = new ReadOnlySpan<PagedText>((PagedText*)texts.Data, texts.Shape[0]);
        foreach (PagedText text in of)
        {
            if (text.Start < 0 || text.Count < 1 || text.Start > q.Shape[1] - text.Count || text.Position < 0 || text.FirstBlock < 0 ||
                text.FirstBlock + ((long)text.Position + text.Count + cache.BlockSize - 1) / cache.BlockSize > blocks.Count)
                throw new ArgumentException($"Paged attention of {text.Count} queries at {text.Start} of {q}, positions {text.Position} …: they must be among the queries, and the blocks from {text.FirstBlock} on of {blocks.Count} of {cache.BlockSize} must hold their keys.");
        }
        q = AttentionNode.WithContiguousRows(q);
        q.Kernels.CheckIndices((int*)blocks.Data, blocks.Count, cache.Keys.Shape[0] / cache.BlockSize, "cache");
        Tensor o = StepScope.Require().Allocate(q.Device, q.Shape, q.DType, nameof(PagedAttention));
        Tensor k = cache.Keys.Reshape(1, cache.Keys.Shape[0], cache.Keys.Shape[1], cache.Keys.Shape[2]), v = cache.Values.Reshape(1, cache.Keys.Shape[0], cache.Keys.Shape[1], cache.Keys.Shape[2]);
        AttentionArgs args = AttentionNode.Arguments(q, k, v, o, options with { Invariant = true });
        args.Blocks = (int*)blocks.Data;
        args.BlockSize = cache.BlockSize;
        args.CacheType = cache.Keys.DType;
        args.KeyScales = cache.KeyScales.Exists ? (float*)cache.KeyScales.Data : null;
        args.ValueScales = cache.ValueScales.Exists ? (float*)cache.ValueScales.Data : null;
        q.Kernels.PagedAttention(new PagedAttentionArgs { Shared = args, Texts = (PagedText*)texts.Data, Count = of.Length });
        return o;
    }

    /// <summary>Writes keys and values into a cache. As I8 x ≈ scale · q with scale = max |x| / 127 of the head of a row. Outside autograd.</summary>
    /// <param name="cache">Where to.</param>
    /// <param name="keys">F32 or BF16 [1, N, H, K].</param>
    /// <param name="values">As the keys.</param>
    /// <param name="slots">I32 [N]: the slot of each row.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A slot lies beyond the memory.</exception>
    public static void PagedWrite(in PagedRows cache, Tensor keys, Tensor values, Tensor slots)
    {
        cache.Check(keys, values);
        if (keys.Shape[2] != cache.Keys.Shape[1] || values.Shape != keys.Shape || slots.DType != DType.I32 || slots.Count != keys.Shape[1] || !slots.IsContiguous)
            throw new ArgumentException($"Keys {keys} and values {values} do not go into {cache.Keys} at slots {slots}.");
        keys = AttentionNode.WithContiguousRows(keys);
        values = AttentionNode.WithContiguousRows(values);
        keys.Kernels.CheckIndices((int*)slots.Data, slots.Count, cache.Keys.Shape[0], "cache");
        keys.Kernels.PagedWrite(new PagedWriteArgs
        {
            Rows = keys.Shape[1],
            Heads = keys.Shape[2],
            HeadDim = keys.Shape[3],
            Keys = AttentionNode.Operand(keys),
            Values = AttentionNode.Operand(values),
            Type = keys.DType,
            CachedKeys = (byte*)cache.Keys.Data,
            CachedValues = (byte*)cache.Values.Data,
            CacheType = cache.Keys.DType,
            KeyScales = cache.KeyScales.Exists ? (float*)cache.KeyScales.Data : null,
            ValueScales = cache.ValueScales.Exists ? (float*)cache.ValueScales.Data : null,
            Slots = (int*)slots.Data,
        });
    }
}
