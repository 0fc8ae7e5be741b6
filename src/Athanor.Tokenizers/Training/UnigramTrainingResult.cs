namespace Athanor.Tokenizers.Training;

/// <summary>A token of a Unigram vocabulary.</summary>
/// <param name="Token">UTF-8, with U+2581 for the space before a word.</param>
/// <param name="Score">Natural logarithm of its probability; 0 for special tokens and bytes.</param>
public readonly record struct UnigramPiece(byte[] Token, double Score);

/// <summary>How one round of expectation and maximization went.</summary>
/// <param name="Pieces">Pieces in the vocabulary before the round.</param>
/// <param name="LogLikelihood">Mean natural logarithm of a word's probability, weighted by counts.</param>
public readonly record struct UnigramRound(int Pieces, double LogLikelihood);

/// <summary>A trained Unigram vocabulary: what a tokenizer is made of and its files are written from.</summary>
public sealed record UnigramTrainingResult
{
    /// <summary>Tokens and scores by id: special tokens, bytes where asked for, then pieces by descending score.</summary>
    public required IReadOnlyList<UnigramPiece> Pieces { get; init; }

    /// <summary>The special tokens with their ids.</summary>
    public required IReadOnlyList<AddedToken> SpecialTokens { get; init; }

    /// <summary>The id of the unknown token.</summary>
    public required int UnknownId { get; init; }

    /// <summary>The rounds of training.</summary>
    public required IReadOnlyList<UnigramRound> Rounds { get; init; }

    /// <summary>Why the vocabulary is smaller than asked for, and what to do; null when it is not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>What counting the corpus went through.</summary>
    public required PieceCountingStatistics Counting { get; init; }
}
