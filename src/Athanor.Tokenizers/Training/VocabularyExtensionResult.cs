namespace Athanor.Tokenizers.Training;

/// <summary>A token that an extension added.</summary>
/// <param name="Id">Its id, behind all old ones.</param>
/// <param name="Bytes">Its text.</param>
/// <param name="OldIds">What the tokenizer made of that text before: the mean of their embeddings is a good first embedding of the new token.</param>
public sealed record NewToken(int Id, byte[] Bytes, IReadOnlyList<int> OldIds);

/// <summary>A tokenizer with more tokens than it had. Old tokens keep their ids.</summary>
public sealed record VocabularyExtensionResult
{
    /// <summary>The extended tokenizer.</summary>
    public required Tokenizer Tokenizer { get; init; }

    /// <summary>What was added, by ascending id.</summary>
    public required IReadOnlyList<NewToken> NewTokens { get; init; }

    /// <summary>Words that were not added, each with the reason.</summary>
    public IReadOnlyList<(string Word, string Reason)> Skipped { get; init; } = [];

    /// <summary>Why there are fewer new tokens than asked for, and what to do; null when there are not.</summary>
    public string? StoppedEarly { get; init; }
}

/// <summary>What an extension does to the length of a text in tokens.</summary>
/// <param name="Bytes">Bytes of text.</param>
/// <param name="TokensBefore">Tokens of the old tokenizer.</param>
/// <param name="TokensAfter">Tokens of the new one.</param>
public readonly record struct CompressionChange(long Bytes, long TokensBefore, long TokensAfter)
{
    /// <summary>Bytes a token before.</summary>
    public double BytesPerTokenBefore => TokensBefore == 0 ? 0 : (double)Bytes / TokensBefore;

    /// <summary>Bytes a token after.</summary>
    public double BytesPerTokenAfter => TokensAfter == 0 ? 0 : (double)Bytes / TokensAfter;

    /// <summary>Share of the tokens that is saved.</summary>
    public double Saved => TokensBefore == 0 ? 0 : 1 - (double)TokensAfter / TokensBefore;
}
