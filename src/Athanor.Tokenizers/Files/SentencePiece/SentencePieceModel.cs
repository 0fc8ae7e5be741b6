using System.Collections.Immutable;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>What a SentencePiece <c>.model</c> file says (sentencepiece_model.proto), checked as SentencePiece checks it when it loads one.</summary>
public sealed partial record SentencePieceModel
{
    /// <summary>The pieces by id.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The score of each piece.</summary>
    public required ImmutableArray<float> Scores { get; init; }

    /// <summary>The kind of each piece.</summary>
    public required ImmutableArray<PieceKind> Kinds { get; init; }

    /// <summary>How the pieces are put together.</summary>
    public SentencePieceAlgorithm Algorithm { get; init; } = SentencePieceAlgorithm.Unigram;

    /// <summary>Whether unknown characters become byte pieces.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>The id of the unknown piece.</summary>
    public int UnknownId { get; init; }

    /// <summary>The id of the piece that begins a text, -1 for none.</summary>
    public int BosId { get; init; } = 1;

    /// <summary>The id of the piece that ends a text, -1 for none.</summary>
    public int EosId { get; init; } = 2;

    /// <summary>The id of the piece that fills a batch, -1 for none.</summary>
    public int PadId { get; init; } = -1;

    /// <summary>The name of the normalization rule, such as <c>nmt_nfkc</c> or <c>identity</c>.</summary>
    public string NormalizerName { get; init; } = "";

    /// <summary>The compiled table of character replacements, empty for none.</summary>
    public ImmutableArray<byte> CharacterMap { get; init; } = [];

    /// <summary>Whether a space is put before every text.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at the ends go away and runs of spaces become one.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>The model over normalized and escaped text.</summary>
    public TokenModel BuildModel() => Algorithm == SentencePieceAlgorithm.Bpe
        ? CharacterBpe.FromScores(Vocabulary, Scores, Kinds, new CharacterBpeOptions
        {
            UnknownToken = System.Text.Encoding.UTF8.GetString(Vocabulary[UnknownId]),
            FuseUnknown = true,
            ByteFallback = ByteFallback,
        })
        : new Unigram(Vocabulary, [.. Scores.Select(score => (double)score)],
            new UnigramOptions { UnknownId = UnknownId, ByteFallback = ByteFallback, SinglePrecision = true }, Kinds);
}
