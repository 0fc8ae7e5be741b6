namespace Athanor.Tokenizers;

/// <summary>How a text is encoded; the default treats text as data.</summary>
[Flags]
public enum EncodeOptions
{
    /// <summary>Special tokens written in the text stay text, and nothing is put around it.</summary>
    None = 0,

    /// <summary>Special tokens written in the text become their ids, as the chat template's own markers must.</summary>
    ParseSpecial = 1,

    /// <summary>The tokens that the tokenizer's post-processor puts around a text (such as a leading &lt;s&gt;) are added.</summary>
    AddSpecial = 2,
}
