namespace Athanor.Tokenizers.Inspection;

/// <summary>What a tokenizer makes of a corpus; all rates are over the whole corpus.</summary>
public sealed record CorpusReport
{
    /// <summary>The name that the corpus was given: a language, a domain, a file.</summary>
    public required string Name { get; init; }

    /// <summary>Documents read.</summary>
    public required long Documents { get; init; }

    /// <summary>Bytes of UTF-8.</summary>
    public required long Bytes { get; init; }

    /// <summary>Code points; a broken UTF-8 sequence counts as one.</summary>
    public required long Characters { get; init; }

    /// <summary>Runs of characters between white space; of little meaning for scripts that write no spaces.</summary>
    public required long Words { get; init; }

    /// <summary>Tokens, without special ones.</summary>
    public required long Tokens { get; init; }

    /// <summary>Words with a token border inside.</summary>
    public required long SplitWords { get; init; }

    /// <summary>Tokens that stand for text the vocabulary does not know.</summary>
    public required long Unknown { get; init; }

    /// <summary>Tokens that stand for one byte of a character that the vocabulary lacks.</summary>
    public required long Fallback { get; init; }

    /// <summary>Distinct tokens used.</summary>
    public required int Used { get; init; }

    /// <summary>The most frequent tokens.</summary>
    public required IReadOnlyList<TokenExample> Frequent { get; init; }

    /// <summary>Compression: bytes of text a token stands for.</summary>
    public double BytesPerToken => Tokens == 0 ? 0 : Bytes / (double)Tokens;

    /// <summary>Characters a token stands for.</summary>
    public double CharactersPerToken => Tokens == 0 ? 0 : Characters / (double)Tokens;

    /// <summary>Fertility: tokens a word needs.</summary>
    public double TokensPerWord => Words == 0 ? 0 : Tokens / (double)Words;

    /// <summary>Share of the words that a token border cuts.</summary>
    public double SplitShare => Words == 0 ? 0 : SplitWords / (double)Words;
}
