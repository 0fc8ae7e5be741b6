namespace Athanor.Serving.Requests;

/// <summary>What one request may ask for.</summary>
public sealed record RequestLimits
{
    /// <summary>Bytes of a body.</summary>
    public int MaxBodyBytes { get; init; } = 8 << 20;

    /// <summary>Tokens of a prompt, where the model's context is not less.</summary>
    public int MaxPromptTokens { get; init; } = int.MaxValue;

    /// <summary>Choices (<c>n</c>, <c>best_of</c>).</summary>
    public int MaxChoices { get; init; } = 16;

    /// <summary>Likeliest tokens beside each token.</summary>
    public int MaxTopLogProbs { get; init; } = 20;

    /// <summary>Stop texts, and stop tokens.</summary>
    public int MaxStops { get; init; } = 16;

    /// <summary>Characters of a stop text.</summary>
    public int MaxStopLength { get; init; } = 512;

    /// <summary>Prompts of one request for completions.</summary>
    public int MaxPrompts { get; init; } = 128;

    /// <summary>Texts of one request for embeddings.</summary>
    public int MaxInputs { get; init; } = 2048;

    /// <summary>Tokens with a bias of their own.</summary>
    public int MaxBiases { get; init; } = 1024;

    /// <summary>Messages of a conversation.</summary>
    public int MaxMessages { get; init; } = 4096;

    /// <summary>Tools of a request.</summary>
    public int MaxTools { get; init; } = 128;

    /// <summary>Characters of a schema, a regular expression, a grammar.</summary>
    public int MaxGrammarLength { get; init; } = 256 << 10;
}
