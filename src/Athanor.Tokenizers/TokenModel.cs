namespace Athanor.Tokenizers;

/// <summary>Turns a piece of normalized text into tokens: byte-level BPE, SentencePiece BPE, Unigram, WordPiece.</summary>
/// <remarks>Immutable and safe for use by many threads at once; scratch memory is rented inside.</remarks>
public abstract class TokenModel
{
    /// <summary>The tokens by id, in the form the model's files give them (byte-level models: the bytes themselves).</summary>
    public abstract Vocabulary Vocabulary { get; }

    /// <summary>
    /// Appends the tokens of one piece. Ranges, where the buffer keeps them, are relative to <paramref name="piece"/> moved by <paramref name="start"/>,
    /// ascending and without overlap; a byte of the piece may be in none.
    /// </summary>
    internal abstract void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output);
}
