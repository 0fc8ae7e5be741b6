using System.Collections.Immutable;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PostProcessors;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers;

/// <summary>The parts that make a <see cref="Tokenizer"/>, in the order in which text passes them.</summary>
public sealed record TokenizerParts
{
    /// <summary>The model.</summary>
    public required TokenModel Model { get; init; }

    /// <summary>Tokens that are cut out of the text before the model sees it.</summary>
    public ImmutableArray<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Rewrites text first.</summary>
    public Normalizer? Normalizer { get; init; }

    /// <summary>Cuts text into pieces.</summary>
    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>Puts special tokens around.</summary>
    public PostProcessor? PostProcessor { get; init; }

    /// <summary>Turns tokens back into text.</summary>
    public TokenDecoder? Decoder { get; init; }

    /// <summary>Special tokens by part, chat templates.</summary>
    public TokenizerSettings Settings { get; init; } = new();

    /// <summary>The truncation that the file asks for.</summary>
    public TruncationSettings? Truncation { get; init; }

    /// <summary>The padding that the file asks for.</summary>
    public PaddingSettings? Padding { get; init; }

    /// <summary>
    /// Tokens that the model's file lists but the model does not make, by id: special tokens, and of byte-level models those that are not written
    /// in the byte alphabet.
    /// </summary>
    internal ImmutableSortedDictionary<int, string> UnreachableTokens { get; init; } = ImmutableSortedDictionary<int, string>.Empty;
}
