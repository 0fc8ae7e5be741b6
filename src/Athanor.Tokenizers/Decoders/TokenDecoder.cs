namespace Athanor.Tokenizers.Decoders;

/// <summary>A step that turns tokens back into text: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record TokenDecoder
{
    /// <summary>
    /// The step at work on one text, giving what it makes to <paramref name="next"/>. With <paramref name="asText"/> it may write U+FFFD for bytes
    /// that are no text; otherwise they are kept.
    /// </summary>
    internal abstract DecodeStage Start(DecodeStage next, bool asText);
}
