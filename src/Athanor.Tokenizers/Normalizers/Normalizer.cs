namespace Athanor.Tokenizers.Normalizers;

/// <summary>A step that rewrites text before it is split: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record Normalizer
{
    /// <summary>Rewrites the text in place.</summary>
    public abstract void Apply(NormalizedText text);
}
