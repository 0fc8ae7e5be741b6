using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Training;

/// <summary>What a Unigram vocabulary is to be; the defaults are SentencePiece's.</summary>
/// <param name="VocabularySize">All tokens: special ones, the bytes where asked for, characters and pieces.</param>
public sealed record UnigramTrainerOptions(int VocabularySize)
{
    /// <summary>The pre-tokenizer to count with: cuts before every space.</summary>
    public static PieceScanner Words { get; } = new MetaspaceWords();

    /// <summary>Special tokens from id 0 on; <see cref="UnknownToken"/> is one of them.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<unk>", "<s>", "</s>"];

    /// <summary>The token that stands for characters outside the vocabulary.</summary>
    public string UnknownToken { get; init; } = "<unk>";

    /// <summary>Adds the 256 tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> behind the special ones, so that nothing is unknown.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Share of all characters that the vocabulary covers one by one; the rarest beyond it are left to the unknown token or the bytes.</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>No piece has more characters.</summary>
    public int MaxPieceCharacters { get; init; } = 16;

    /// <summary>The number of frequent substrings that training starts with.</summary>
    public int SeedSize { get; init; } = 1_000_000;

    /// <summary>Share of the pieces that each round of pruning keeps.</summary>
    public double ShrinkFactor { get; init; } = 0.75;

    /// <summary>Rounds of expectation and maximization between prunings.</summary>
    public int SubIterations { get; init; } = 2;

    /// <summary>Keeps letters apart from digits and signs, so that no piece is a word with its full stop.</summary>
    public bool SplitLettersFromOthers { get; init; } = true;

    /// <summary>Threads; the result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPieceCharacters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SeedSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SubIterations, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        if (CharacterCoverage is not (> 0 and <= 1))
            throw new ArgumentException($"CharacterCoverage is {CharacterCoverage}; give a share above 0 and up to 1, such as 0.9995.");
        if (ShrinkFactor is not (> 0 and < 1))
            throw new ArgumentException($"ShrinkFactor is {ShrinkFactor}; give a share between 0 and 1, such as 0.75.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in SpecialTokens)
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentException("A special token has no name; leave it out or name it.");
            if (!seen.Add(name))
                throw new ArgumentException($"The special token '{name}' is given twice; give each once.");
        }
        if (!seen.Contains(UnknownToken))
            throw new ArgumentException($"The unknown token '{UnknownToken}' is not among the special tokens; add it to SpecialTokens.");
        int fixedTokens = SpecialTokens.Count + (ByteFallback ? 256 : 0);
        if (VocabularySize <= fixedTokens)
            throw new ArgumentException($"A vocabulary of {VocabularySize} tokens has no room beside {fixedTokens} special tokens and bytes; ask for more.");
    }
}
