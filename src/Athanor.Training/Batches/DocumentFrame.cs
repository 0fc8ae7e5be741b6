namespace Athanor.Training.Batches;

/// <summary>
/// What stands around a document's tokens: read as [begin] t₁ … tₙ [end], the last of them only as a target. With the end-of-text token on both sides, the default, each
/// document starts from something, its first token is predicted too, and its end is learned. A frame token that the shard already holds is not put twice.
/// </summary>
/// <param name="Begin">The token before; null for none.</param>
/// <param name="End">The token behind; null for none.</param>
public readonly record struct DocumentFrame(int? Begin, int? End)
{
    /// <summary>The tokenizer's BOS token before, or else its EOS token; EOS behind.</summary>
    public static DocumentFrame Of(int? bos, int? eos) => new(bos ?? eos, eos);
}
