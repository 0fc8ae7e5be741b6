namespace Athanor.Tokenizers.Words;

/// <summary>A model whose pieces are whole tokens or unknown.</summary>
public sealed class WordLevel : TokenModel
{
    private readonly int _unknown;

    /// <summary>A model of the given tokens.</summary>
    /// <exception cref="ArgumentException">The unknown token is not in the vocabulary.</exception>
    public WordLevel(Vocabulary vocabulary, string unknownToken = "<unk>")
    {
        if (!vocabulary.TryGetId(unknownToken, out _unknown))
            throw new ArgumentException($"The unknown token '{unknownToken}' is not in the vocabulary.");
        Vocabulary = vocabulary;
        UnknownToken = unknownToken;
    }

    /// <inheritdoc/>
    public override Vocabulary Vocabulary { get; }

    /// <summary>The token of every other piece.</summary>
    public string UnknownToken { get; }

    /// <inheritdoc/>
    internal override void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output)
    {
        if (!piece.IsEmpty)
            output.Add(Vocabulary.TryGetId(piece, out int id) ? id : _unknown, start, piece.Length);
    }
}
