using Athanor.Tokenizers.Bpe;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>
/// A pre-tokenizer regex compiled by hand: finds the end of the piece that starts at a position, over UTF-8 bytes, in linear time and without a regex engine.
/// Every byte of a text is in exactly one piece; bytes that are not UTF-8 count as characters that are neither letter, number nor space.
/// </summary>
public abstract class PieceScanner
{
    /// <summary>The name that recipes use, such as <c>cl100k</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The regex in the notation of <c>tokenizer.json</c>.</summary>
    public abstract string Pattern { get; }

    /// <summary>The end of the piece of <paramref name="text"/> that starts at <paramref name="start"/>; greater than it.</summary>
    public abstract int NextEnd(ReadOnlySpan<byte> text, int start);

    /// <summary>An encoder that finds pieces and their tokens in one pass.</summary>
    internal abstract ByteLevelEncoder CreateEncoder(ByteLevelBpe model);
}
