using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Words;

/// <summary>
/// BERT's model (Schuster and Nakajima, 2012): from the left always the longest token; what follows the first carries a prefix such as "##".
/// A word of which some part is no token, or that is too long, is one unknown token. O(n · longest token).
/// </summary>
public sealed class WordPiece : TokenModel
{
    private readonly PieceTrie _trie;
    private readonly int _unknown, _continuing;

    /// <summary>A model of the given tokens.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="unknownToken">The token of a word that cannot be written (<c>unk_token</c>).</param>
    /// <param name="continuingPrefix">What the tokens inside a word begin with (<c>continuing_subword_prefix</c>).</param>
    /// <param name="maxCharacters">Words of more characters are unknown (<c>max_input_chars_per_word</c>).</param>
    /// <exception cref="ArgumentException">The unknown token is not in the vocabulary, or the limit is negative.</exception>
    public WordPiece(Vocabulary vocabulary, string unknownToken = "[UNK]", string continuingPrefix = "##", int maxCharacters = 100)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxCharacters);
        if (!vocabulary.TryGetId(unknownToken, out _unknown))
            throw new ArgumentException($"The unknown token '{unknownToken}' is not in the vocabulary.");
        Vocabulary = vocabulary;
        UnknownToken = unknownToken;
        ContinuingPrefix = continuingPrefix;
        MaxCharacters = maxCharacters;
        _trie = new PieceTrie(Enumerable.Range(0, vocabulary.Count).Where(vocabulary.Contains).Select(id => KeyValuePair.Create(id, vocabulary[id].ToArray())));
        _continuing = _trie.Walk(Encoding.UTF8.GetBytes(continuingPrefix));
    }

    /// <inheritdoc/>
    public override Vocabulary Vocabulary { get; }

    /// <summary>The token of a word that cannot be written.</summary>
    public string UnknownToken { get; }

    /// <summary>What the tokens inside a word begin with.</summary>
    public string ContinuingPrefix { get; }

    /// <summary>Words of more characters are unknown.</summary>
    public int MaxCharacters { get; }

    /// <inheritdoc/>
    internal override void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output)
    {
        if (piece.IsEmpty)
            return;
        int before = output.Count;
        bool known = !IsTooLong(piece);
        for (int at = 0; at < piece.Length && known;)
        {
            int length = Longest(piece[at..], at == 0 ? PieceTrie.Root : _continuing, out int id);
            known = length > 0;
            if (known)
                output.Add(id, start + at, length);
            at += length;
        }
        if (known)
            return;
        output.Truncate(before);
        output.Add(_unknown, start, piece.Length);
    }

    private bool IsTooLong(ReadOnlySpan<byte> piece)
    {
        if (piece.Length <= MaxCharacters)
            return false;
        int characters = 0;
        for (int at = 0; at < piece.Length && characters <= MaxCharacters; characters++)
            at += Utf8Character.Decode(piece, at, out _);
        return characters > MaxCharacters;
    }

    private int Longest(ReadOnlySpan<byte> text, int node, out int id)
    {
        int length = 0;
        id = -1;
        if (node < 0)
            return 0;
        for (int i = 0; i < text.Length && _trie.TryStep(ref node, text[i], out int found); i++)
        {
            // A match must end where a character does, or a token of odd bytes would cut one in half.
            if (found < 0 || i + 1 < text.Length && (text[i + 1] & 0xC0) == 0x80)
                continue;
            id = found;
            length = i + 1;
        }
        return length;
    }
}
