namespace Athanor.Tensors;

/// <summary>
/// Which keys a query sees, and what is added to its scores. Everything can be combined; the default is full attention in both directions.
/// </summary>
public readonly record struct AttentionOptions
{
    /// <summary>Factor of the dot products; 1/√K when not given.</summary>
    public float? Scale { get; init; }

    /// <summary>Queries see no later keys than their own position.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Sliding window: queries see so many latest keys, themselves included (without <see cref="Causal"/> as many on the other side); 0 for all.
    /// </summary>
    public int Window { get; init; }

    /// <summary>
    /// A query's result has the same bits however many queries come with it, wherever among them it stands and whatever else the rows hold: a text read in parts gives
    /// what it gives in one. Without it, a few queries against many keys take a way of their own, with other roundings. Keys start at a multiple of 256.
    /// </summary>
    public bool Invariant { get; init; }

    /// <summary>Absolute position of the first query, the number of cached keys before it. Keys start at 0.</summary>
    public int Offset { get; init; }

    /// <summary>Scores become SoftCap·tanh(score / SoftCap) before bias and mask; 0 for none. Source: Gemma 2, arXiv 2408.00118.</summary>
    public float SoftCap { get; init; }

    /// <summary>
    /// I32 [B], so many first keys are visible to every query of the row, or [B, Tq], so many to the query, whatever <see cref="Causal"/> and <see cref="Window"/> say.
    /// <see cref="Segments"/> still hide other documents: with [B, Tq], each document of a packed row has a prefix of its own, whose end is counted from the row's beginning.
    /// </summary>
    public Tensor Prefix { get; init; }

    /// <summary>F32 [Hq], ALiBi: −slope·(query position − key position) is added to the scores. Source: Press et al., arXiv 2108.12409.</summary>
    public Tensor Slopes { get; init; }

    /// <summary>
    /// I32 [B, Tq], rows of several packed documents: a query sees only the run of equal ids around its position. Negative ids are
    /// padding: they see nothing, are not seen, and give zeros.
    /// </summary>
    public Tensor Segments { get; init; }

    /// <summary>I32 [B, Tk], the segments of the keys, when they are not those of the queries (cached decoding, cross-attention).</summary>
    public Tensor KeySegments { get; init; }
}
