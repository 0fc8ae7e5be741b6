namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>A step that cuts text into the pieces that no token crosses: one record per kind, its settings as in <c>tokenizer.json</c>.</summary>
public abstract record PreTokenizer
{
    /// <summary>Cuts each present piece further.</summary>
    public abstract void Split(PreTokenizedText text);

    /// <summary>Whether the cut depends on where in the source a piece lies, so that normalized text has to keep its origins.</summary>
    internal virtual bool NeedsOrigins => false;
}
