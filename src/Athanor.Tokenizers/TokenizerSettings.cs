using System.Collections.Immutable;

namespace Athanor.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> adds to a tokenizer: which special tokens play which part, and how chats are written.</summary>
public sealed record TokenizerSettings
{
    /// <summary>The token that starts a text, or null.</summary>
    public string? BosToken { get; init; }

    /// <summary>The token that ends a text, or null.</summary>
    public string? EosToken { get; init; }

    /// <summary>The token that fills a row of a batch, or null.</summary>
    public string? PadToken { get; init; }

    /// <summary>The token of what no other token stands for, or null.</summary>
    public string? UnkToken { get; init; }

    /// <summary>The source text of the chat template (Jinja), or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Further chat templates by name, such as one for tool use.</summary>
    public ImmutableSortedDictionary<string, string> NamedChatTemplates { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The longest text in tokens that the model was made for; null where the file names none.</summary>
    public long? ModelMaxLength { get; init; }

    /// <summary>The other entries of the file as they stand, written back when the tokenizer is saved: JSON text by key.</summary>
    public ImmutableSortedDictionary<string, string> Others { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Where padding goes or text is cut.</summary>
public enum TextSide
{
    /// <summary>At the start.</summary>
    Left,

    /// <summary>At the end.</summary>
    Right,
}

/// <summary>Which text of a pair is cut.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, token by token.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>The truncation that a <c>tokenizer.json</c> asks for. Kept as data: encoding never cuts by itself.</summary>
/// <param name="MaxLength">Tokens at most.</param>
/// <param name="Stride">Tokens that neighbouring parts share.</param>
/// <param name="Strategy">Which text is cut.</param>
/// <param name="Direction">At which end.</param>
public sealed record TruncationSettings(int MaxLength, int Stride, TruncationStrategy Strategy, TextSide Direction);

/// <summary>The padding that a <c>tokenizer.json</c> asks for. Kept as data: encoding never pads by itself.</summary>
/// <param name="Length">Tokens a row; null for as many as the longest row of the batch has.</param>
/// <param name="Direction">At which end.</param>
/// <param name="MultipleOf">Rows have a multiple of so many tokens, or null.</param>
/// <param name="PadId">The id of the padding.</param>
/// <param name="PadTypeId">The segment number of the padding.</param>
/// <param name="PadToken">The token of the padding.</param>
public sealed record PaddingSettings(int? Length, TextSide Direction, int? MultipleOf, int PadId, int PadTypeId, string PadToken);
