namespace Athanor.Tokenizers.SentencePiece;

/// <summary>The settings of a <see cref="Unigram"/>.</summary>
public sealed record UnigramOptions
{
    /// <summary>The id of what no piece stands for (<c>unk_id</c>); without it and without byte tokens such text is dropped.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether unknown characters become the tokens &lt;0x00&gt; … &lt;0xFF&gt; of their bytes, where all of them are there (<c>byte_fallback</c>).</summary>
    public bool ByteFallback { get; init; }

    /// <summary>
    /// Whether sums of scores are rounded to single precision, as SentencePiece does; <c>tokenizer.json</c> sums in double precision.
    /// The difference shows only where two splits score alike but for rounding.
    /// </summary>
    public bool SinglePrecision { get; init; }
}
