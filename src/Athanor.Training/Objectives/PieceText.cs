namespace Athanor.Training.Objectives;

/// <summary>The framed tokens of a document, or of a part of one.</summary>
/// <param name="tokens">At least two.</param>
/// <param name="begins">The first token is the frame's, before the document.</param>
/// <param name="ends">The last token is the frame's, behind the document.</param>
public readonly ref struct PieceText(ReadOnlySpan<int> tokens, bool begins, bool ends)
{
    /// <summary>All of them.</summary>
    public ReadOnlySpan<int> Tokens { get; } = tokens;

    /// <summary>The frame's token before the document, or nothing.</summary>
    public ReadOnlySpan<int> Begin => Tokens[..(begins ? 1 : 0)];

    /// <summary>The document's own tokens.</summary>
    public ReadOnlySpan<int> Text => Tokens[(begins ? 1 : 0)..^(ends ? 1 : 0)];

    /// <summary>The frame's token behind the document, or nothing.</summary>
    public ReadOnlySpan<int> End => Tokens[^(ends ? 1 : 0)..];
}
