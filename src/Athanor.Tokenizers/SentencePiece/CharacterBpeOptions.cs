namespace Athanor.Tokenizers.SentencePiece;

/// <summary>The settings of a <see cref="CharacterBpe"/>, by the names of <c>tokenizer.json</c>.</summary>
public sealed record CharacterBpeOptions
{
    /// <summary>The token of characters that no token stands for (<c>unk_token</c>); without it and without byte tokens they are dropped.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether neighbouring unknown characters are one unknown token (<c>fuse_unk</c>).</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether an unknown character becomes the tokens &lt;0x00&gt; … &lt;0xFF&gt; of its bytes (<c>byte_fallback</c>).</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a piece that is a token is that token, whatever the merges say (<c>ignore_merges</c>).</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Written before every character of a piece but the first when it is looked up (<c>continuing_subword_prefix</c>).</summary>
    public string? ContinuingPrefix { get; init; }

    /// <summary>Written behind the last character of a piece when it is looked up (<c>end_of_word_suffix</c>).</summary>
    public string? EndOfWordSuffix { get; init; }
}
