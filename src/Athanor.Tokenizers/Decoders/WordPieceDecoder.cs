using System.Text;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Joins word pieces: a token with the prefix continues the word, any other starts one behind a space.</summary>
public sealed record WordPieceDecoder : TokenDecoder
{
    // Transformers' clean-up of English text, in its order.
    private static readonly (byte[] From, byte[] To)[] _cleanups =
    [
        (" ."u8.ToArray(), "."u8.ToArray()), (" ?"u8.ToArray(), "?"u8.ToArray()), (" !"u8.ToArray(), "!"u8.ToArray()),
        (" ,"u8.ToArray(), ","u8.ToArray()), (" ' "u8.ToArray(), "'"u8.ToArray()), (" n't"u8.ToArray(), "n't"u8.ToArray()),
        (" 'm"u8.ToArray(), "'m"u8.ToArray()), (" do not"u8.ToArray(), " don't"u8.ToArray()), (" 's"u8.ToArray(), "'s"u8.ToArray()),
        (" 've"u8.ToArray(), "'ve"u8.ToArray()), (" 're"u8.ToArray(), "'re"u8.ToArray()),
    ];

    public WordPieceDecoder(string prefix = "##", bool cleanup = true) => (Prefix, Cleanup) = (prefix, cleanup);

    /// <summary>What marks a token that continues a word.</summary>
    public string Prefix { get; }

    /// <summary>Takes spaces before punctuation and English contractions away, within each token.</summary>
    public bool Cleanup { get; }

    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(next, Encoding.UTF8.GetBytes(Prefix), Cleanup);

    internal static ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> token)
    {
        foreach ((byte[] from, byte[] to) in _cleanups)
            token = Replace(token, from, to);
        return token;
    }

    internal static ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> token, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (from.IsEmpty || token.IndexOf(from) < 0)
            return token;
        List<byte> result = [];
        for (int found; (found = token.IndexOf(from)) >= 0; token = token[(found + from.Length)..])
        {
            result.AddRange(token[..found]);
            result.AddRange(to);
        }
        result.AddRange(token);
        return result.ToArray();
    }

    private sealed class Stage(DecodeStage next, byte[] prefix, bool cleanup) : WholeTokenStage(next)
    {
        private bool _any;

        protected override void Take(ReadOnlySpan<byte> token)
        {
            if (_any && token.StartsWith(prefix))
                token = token[prefix.Length..];
            else if (_any)
                token = (byte[])[(byte)' ', .. token];
            _any = true;
            Next.Token(cleanup ? Clean(token) : token);
        }
    }
}
