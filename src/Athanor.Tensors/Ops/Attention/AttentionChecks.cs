namespace Athanor.Tensors;

/// <summary>Refuses what attention cannot compute, naming the tensors and the remedy.</summary>
internal static class AttentionChecks
{
    public static void Check(Tensor q, Tensor k, Tensor v, in AttentionOptions options)
    {
        if (q.DType != k.DType || q.DType != v.DType || !q.DType.IsFloating())
            throw new ArgumentException($"Attention of q = {q}, k = {k}, v = {v}: all three must be F32 or all BF16; convert them with To.");
        if (q.Shape.Rank != 4 || k.Shape.Rank != 4 || v.Shape.Rank != 4)
            throw new ArgumentException($"Attention of q = {q}, k = {k}, v = {v}: each must be [batch, time, heads, head dim]; Reshape the last dimension into heads.");
        if (k.Shape != v.Shape)
            throw new ArgumentException($"Attention of k = {k} and v = {v}: keys and values must have the same shape.");
        if (q.Shape[0] != k.Shape[0])
            throw new ArgumentException($"Attention of q = {q} and k = {k}: the batches {q.Shape[0]} and {k.Shape[0]} differ.");
        if (q.Shape[3] != k.Shape[3] || q.Shape[3] == 0)
            throw new ArgumentException($"Attention of q = {q} and k = {k}: the head dims {q.Shape[3]} and {k.Shape[3]} must be equal and positive.");
        if (k.Shape[2] == 0 || q.Shape[2] % k.Shape[2] != 0)
            throw new ArgumentException($"Attention of q = {q} and k = {k}: {q.Shape[2]} query heads cannot share {k.Shape[2]} key heads; the number of query heads must be a multiple.");
        if (options.Window < 0 || options.Offset < 0 || !(options.SoftCap >= 0))
            throw new ArgumentException($"Attention with Window {options.Window}, Offset {options.Offset}, SoftCap {options.SoftCap}: none may be negative.");
        if (options.Scale is { } scale && !float.IsFinite(scale))
            throw new ArgumentException($"Attention with Scale {scale}: it must be a finite number.");
        int batch = q.Shape[0], queries = q.Shape[1], keys = k.Shape[1];
        CheckVector(options.Prefix, nameof(options.Prefix), DType.I32, options.Prefix.Exists && options.Prefix.Shape.Rank == 2 ? new Shape(batch, queries) : new Shape(batch), q);
        CheckVector(options.Slopes, nameof(options.Slopes), DType.F32, new Shape(q.Shape[2]), q);
        CheckVector(options.Segments, nameof(options.Segments), DType.I32, new Shape(batch, queries), q);
        CheckVector(options.KeySegments, nameof(options.KeySegments), DType.I32, new Shape(batch, keys), k);
        if (options.KeySegments.Exists && !options.Segments.Exists)
            throw new ArgumentException("Attention with KeySegments needs Segments, the segments of the queries, too.");
        if (options.Segments.Exists && !options.KeySegments.Exists && queries != keys)
            throw new ArgumentException($"Attention of q = {q} and k = {k} with Segments: {queries} queries and {keys} keys need KeySegments of shape [{batch}, {keys}] as well.");
    }

    private static void CheckVector(Tensor tensor, string name, DType type, in Shape shape, Tensor beside)
    {
        if (!tensor.Exists)
            return;
        if (tensor.DType != type || tensor.Shape != shape || !tensor.IsContiguous)
            throw new ArgumentException($"Attention beside {beside}: {name} is {tensor}; it must be a contiguous {type}{shape}.");
    }
}
