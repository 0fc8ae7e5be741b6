namespace Athanor.Tokenizers.PostProcessors;

/// <summary>A step that puts special tokens around the ids of a text: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record PostProcessor
{
    /// <summary>Puts its tokens around the tokens of <paramref name="buffer"/> from <paramref name="start"/> on, which are one text.</summary>
    public abstract void Apply(TokenBuffer buffer, int start);
}
