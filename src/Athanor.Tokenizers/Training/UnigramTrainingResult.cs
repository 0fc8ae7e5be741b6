using System.Text;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.SentencePiece;

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

    /// <summary>Whether unknown characters become the tokens of their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>The rounds of training.</summary>
    public required IReadOnlyList<UnigramRound> Rounds { get; init; }

    /// <summary>Why the vocabulary is smaller than asked for, and what to do; null when it is not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>What counting the corpus went through.</summary>
    public required PieceCountingStatistics Counting { get; init; }

    /// <summary>A tokenizer of this vocabulary: text is cut before every space, and a space is put before it.</summary>
    public Tokenizer ToTokenizer(TokenizerSettings? settings = null)
    {
        var kinds = new PieceKind[Pieces.Count];
        Array.Fill(kinds, PieceKind.Normal);
        foreach (AddedToken token in SpecialTokens)
            kinds[token.Id] = token.Id == UnknownId ? PieceKind.Unknown : PieceKind.Control;
        if (ByteFallback)
            Array.Fill(kinds, PieceKind.Byte, SpecialTokens.Count, 256);
        var vocabulary = new Vocabulary(Pieces.Select((piece, id) => KeyValuePair.Create(id, piece.Token)));
        var mark = new Rune(UnigramCorpus.Space);
        TokenDecoder metaspace = new MetaspaceDecoder(mark);
        return new Tokenizer(new TokenizerParts
        {
            Model = new Unigram(vocabulary, [.. Pieces.Select(piece => piece.Score)], new UnigramOptions { UnknownId = UnknownId, ByteFallback = ByteFallback }, kinds),
            AddedTokens = [.. SpecialTokens],
            PreTokenizer = new MetaspacePreTokenizer(mark),
            Decoder = ByteFallback ? new SequenceDecoder([new ByteFallbackDecoder(), metaspace]) : metaspace,
            Settings = settings ?? new TokenizerSettings(),
        });
    }
}
