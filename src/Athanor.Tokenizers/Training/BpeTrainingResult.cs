using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Training;

/// <summary>A merge of two tokens into one, all given by id.</summary>
/// <param name="Left">The left token.</param>
/// <param name="Right">The right token.</param>
/// <param name="Result">The token that both become.</param>
/// <param name="Count">How often the pair occurred when it was merged.</param>
public readonly record struct TrainedMerge(int Left, int Right, int Result, long Count);

/// <summary>A trained byte-level BPE vocabulary: what a tokenizer is made of and its files are written from.</summary>
public sealed record BpeTrainingResult
{
    /// <summary>The bytes of every ordinary token with its id; special tokens are not among them.</summary>
    public required IReadOnlyList<KeyValuePair<int, byte[]>> Tokens { get; init; }

    /// <summary>The merges in order of priority.</summary>
    public required IReadOnlyList<TrainedMerge> Merges { get; init; }

    /// <summary>Special, reserved and padding tokens with their ids.</summary>
    public required IReadOnlyList<AddedToken> SpecialTokens { get; init; }

    /// <summary>All tokens, which is also one more than the highest id.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Why the vocabulary is smaller than asked for, and what to do; null when it is not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>What counting the corpus went through.</summary>
    public required PieceCountingStatistics Counting { get; init; }

    /// <summary>The most bytes that the merging held: the line of pieces, positions, pairs.</summary>
    public long PeakMergeBytes { get; init; }

    /// <summary>A tokenizer of this vocabulary that cuts text by the pre-tokenizer it was counted with.</summary>
    public Tokenizer ToTokenizer(PieceScanner scanner, TokenizerSettings? settings = null)
    {
        PreTokenizer split = new SplitPreTokenizer(scanner.Pattern, isRegex: true, SplitBehavior.Isolated);
        return new Tokenizer(new TokenizerParts
        {
            Model = ByteLevelBpe.FromMerges(new Vocabulary(Tokens), [.. Merges.Select(merge => (merge.Left, merge.Right))]),
            AddedTokens = [.. SpecialTokens],
            PreTokenizer = new SequencePreTokenizer([split, new ByteLevelPreTokenizer(AddPrefixSpace: false, UseRegex: false)]),
            Decoder = new ByteLevelDecoder(),
            Settings = settings ?? new TokenizerSettings(),
        });
    }
}
