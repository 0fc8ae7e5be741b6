namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>The model types of SentencePiece files; the numbers are those of the format.</summary>
public enum SentencePieceAlgorithm
{
    /// <summary>The unigram language model.</summary>
    Unigram = 1,

    /// <summary>Byte pair encoding by score.</summary>
    Bpe = 2,

    /// <summary>Whole words; refused.</summary>
    Word = 3,

    /// <summary>Single characters; refused.</summary>
    Char = 4,
}
