namespace Athanor.Tokenizers.Decoders;

/// <summary>A step that turns tokens back into text: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record TokenDecoder
{
    /// <summary>Rewrites the list of token strings in place.</summary>
    public abstract void Apply(List<byte[]> tokens);
}
