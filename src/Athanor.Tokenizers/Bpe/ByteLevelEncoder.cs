using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Bpe;

/// <summary>Byte-level BPE with a known pre-tokenizer in one pass over the text. Immutable and safe for use by many threads at once; nothing is allocated in a steady state.</summary>
internal abstract partial class ByteLevelEncoder : TextEncoder
{
    private protected ByteLevelEncoder(ByteLevelBpe model) => Model = model;

    /// <summary>The model.</summary>
    public ByteLevelBpe Model { get; }

    /// <summary>An encoder for a model behind a pre-tokenizer.</summary>
    public static ByteLevelEncoder Create(ByteLevelBpe model, PieceScanner scanner) => scanner.CreateEncoder(model);

    /// <summary>The first tokens of a text, at most <paramref name="maxTokens"/>: returns their number and the number of bytes behind them.</summary>
    /// <remarks>The last token may end within a character, and the bytes encoded alone may have other tokens than they have here.</remarks>
    public abstract (int Tokens, int Bytes) TruncateAt(ReadOnlySpan<byte> text, int maxTokens, TokenBuffer? output = null);
}
