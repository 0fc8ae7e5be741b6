namespace Athanor.Tokenizers;

/// <summary>
/// The part of a tokenizer behind added tokens and normalization: splits text into pieces and encodes each.
/// One implementation walks any pre-tokenizer and model, one is fused for byte-level BPE with a known pre-tokenizer.
/// </summary>
internal abstract class TextEncoder
{
    /// <summary>Appends the tokens of <paramref name="text"/>; ranges are relative to it moved by <paramref name="start"/>.</summary>
    public abstract void Encode(ReadOnlySpan<byte> text, int start, TokenBuffer output);

    /// <summary>The number of tokens that <see cref="Encode"/> would append.</summary>
    public abstract int Count(ReadOnlySpan<byte> text);
}
