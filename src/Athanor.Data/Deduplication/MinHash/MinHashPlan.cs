namespace Athanor.Data.Deduplication.MinHash;

/// <summary>Whose signatures are made.</summary>
public enum MinHashScheme
{
    /// <summary>Ours: folded words, characters of unspaced scripts as words, rolling hashes of n words, 32-bit minima.</summary>
    Own,

    /// <summary>datatrove's, as FineWeb was made with: n folded words joined by a space, a 64-bit hash, minima modulo 2^61 − 1.</summary>
    Datatrove,

    /// <summary>SlimPajama's: n characters in lower case without ASCII punctuation, datasketch's 32-bit minima.</summary>
    Slimpajama,
}

/// <summary>What makes a number of a shingle where datatrove's signatures are made.</summary>
public enum ShingleHash
{
    /// <summary>XXH64, datatrove's default.</summary>
    Xxhash,

    /// <summary>The first eight bytes of SHA-1, as FineWeb was made with.</summary>
    Sha1,
}

/// <summary>What decides about signatures; two that differ cannot be compared.</summary>
/// <param name="Scheme">Whose.</param>
/// <param name="Ngram">Words of a shingle; characters for SlimPajama's.</param>
/// <param name="Bands">Bands and rows.</param>
/// <param name="Hash">For datatrove's.</param>
/// <param name="Seed">From which the permutations are drawn.</param>
public sealed record MinHashPlan(MinHashScheme Scheme, int Ngram, LshBands Bands, ShingleHash Hash = ShingleHash.Xxhash, uint Seed = 1)
{
    /// <summary>One line that two equal plans share.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Scheme.ToString().ToLowerInvariant()} {Ngram}-grams, {Bands.Bands} bands x {Bands.Rows} rows{(Scheme == MinHashScheme.Datatrove ? $", {Hash.ToString().ToLowerInvariant()}" : "")}, seed {Seed}");
}
