namespace Athanor.Tokenizers.Normalizers;

/// <summary>A step that rewrites text before it is split: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record Normalizer
{
    /// <summary>Rewrites the text in place. Bytes that are not UTF-8 stay as they are.</summary>
    public abstract void Apply(NormalizedText text);

    /// <summary>
    /// Whether <see cref="Apply"/> is known to leave <paramref name="text"/> as it is, so that it need not be copied;
    /// <see langword="false"/> where finding out would cost as much as applying.
    /// </summary>
    public virtual bool Leaves(ReadOnlySpan<byte> text) => false;
}
