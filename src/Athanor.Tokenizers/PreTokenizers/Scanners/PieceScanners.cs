namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>The scanners there are, by name and by regex.</summary>
public static class PieceScanners
{
    /// <summary>GPT-2's regex, also of r50k and p50k.</summary>
    public static PieceScanner Gpt2 { get; } = new RuleScanner<Gpt2Rules>("gpt2");

    /// <summary>The regex of cl100k and Llama 3: groups of up to three digits.</summary>
    public static PieceScanner Cl100k { get; } = new RuleScanner<Cl100kRules<TriplesOfDigits>>("cl100k");

    /// <summary>Qwen 2's regex: cl100k's with each digit alone.</summary>
    public static PieceScanner Qwen2 { get; } = new RuleScanner<Cl100kRules<SingleDigits>>("qwen2");

    /// <summary>nanochat's regex: cl100k's with groups of up to two digits.</summary>
    public static PieceScanner NanoChat { get; } = new RuleScanner<Cl100kRules<PairsOfDigits>>("nanochat");

    /// <summary>cl100k's regex with digits in runs of any length.</summary>
    public static PieceScanner Cl100kAnyDigits { get; } = new RuleScanner<Cl100kRules<AnyDigits>>("cl100k-any-digits");

    /// <summary>The rewrite of cl100k's regex in tiktoken since 2024, which keeps the white space at the end of a text together.</summary>
    public static PieceScanner Tiktoken { get; } = new RuleScanner<TiktokenRules<TriplesOfDigits>>("tiktoken");

    /// <summary>The regex of o200k, gpt-oss and Llama 4.</summary>
    public static PieceScanner O200k { get; } = new RuleScanner<O200kRules>("o200k");

    /// <summary>All scanners.</summary>
    public static IReadOnlyList<PieceScanner> All { get; } = [Gpt2, Cl100k, Qwen2, NanoChat, Cl100kAnyDigits, Tiktoken, O200k];

    private static readonly Dictionary<string, PieceScanner> Names = BuildNames();
    private static readonly Dictionary<string, PieceScanner> Patterns = All.ToDictionary(scanner => Canonical(scanner.Pattern), StringComparer.Ordinal);

    /// <summary>cl100k's regex with a digit policy, for training.</summary>
    public static PieceScanner WithDigits(DigitPolicy digits) => digits switch
    {
        DigitPolicy.Unlimited => Cl100kAnyDigits,
        DigitPolicy.One => Qwen2,
        DigitPolicy.Two => NanoChat,
        DigitPolicy.Three => Cl100k,
        _ => throw new ArgumentOutOfRangeException(nameof(digits), digits, "The digit policies are Unlimited, One, Two and Three."),
    };

    /// <summary>The scanner of a name, in any case: <c>gpt2</c>, <c>cl100k</c> (<c>llama3</c>), <c>qwen2</c>, <c>nanochat</c>, <c>cl100k-any-digits</c>, <c>tiktoken</c>, <c>o200k</c> and their aliases.</summary>
    /// <exception cref="ArgumentException">There is none; the message names the nearest.</exception>
    public static PieceScanner ByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Names.TryGetValue(name, out PieceScanner? scanner))
            return scanner;
        string nearest = NearestName.Find(name.ToLowerInvariant(), Names.Keys);
        throw new ArgumentException($"There is no pre-tokenizer '{name}'; did you mean '{nearest}'? Known: {string.Join(", ", All.Select(known => known.Name))}.", nameof(name));
    }

    /// <summary>
    /// The scanner that cuts as <paramref name="regex"/> does, in any of the spellings that <c>tokenizer.json</c> and tiktoken files have of it
    /// (possessive quantifiers are read as tiktoken's engine reads them), or null.
    /// </summary>
    public static PieceScanner? ByPattern(string regex) => Patterns.GetValueOrDefault(Canonical(regex));

    private static Dictionary<string, PieceScanner> BuildNames()
    {
        var names = All.ToDictionary(scanner => scanner.Name, StringComparer.OrdinalIgnoreCase);
        foreach (string alias in (string[])["gpt-2", "r50k", "r50k_base", "p50k", "p50k_base"])
            names.Add(alias, Gpt2);
        foreach (string alias in (string[])["cl100k_base", "llama3", "llama-3", "gpt4", "gpt-4"])
            names.Add(alias, Cl100k);
        foreach (string alias in (string[])["qwen", "qwen-2", "qwen3", "cl100k-single-digits"])
            names.Add(alias, Qwen2);
        foreach (string alias in (string[])["o200k_base", "gpt4o", "gpt-4o", "llama4"])
            names.Add(alias, O200k);
        names.Add("cl100k-pairs-of-digits", NanoChat);
        return names;
    }

    /// <summary>One spelling for all spellings of the known regexes. Only exact equality with a known one counts, so a rewrite may be loose.</summary>
    private static string Canonical(string regex)
    {
        string text = regex
            .Replace("?+", "?", StringComparison.Ordinal).Replace("*+", "*", StringComparison.Ordinal)
            .Replace("++", "+", StringComparison.Ordinal).Replace("2}+", "2}", StringComparison.Ordinal).Replace("3}+", "3}", StringComparison.Ordinal)
            .Replace("'(?i:[sdmt]|ll|ve|re)", "(?i:'s|'t|'re|'ve|'m|'ll|'d)", StringComparison.Ordinal)
            .Replace("'(?:[sdmt]|ll|ve|re)", "'s|'t|'re|'ve|'m|'ll|'d", StringComparison.Ordinal)
            .Replace(@"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}|", @"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|", StringComparison.Ordinal)
            .Replace(@"|\s*[\r\n]|", @"|\s*[\r\n]+|", StringComparison.Ordinal);
        // Behind \s+(?!\S) only single spaces are left.
        if (text.EndsWith(@"|\s+(?!\S)|\s", StringComparison.Ordinal))
            text += "+";
        // Before \s+(?!\S) alone it changes nothing; before the rule of line breaks it does.
        return text.Replace(@"|\s+$|\s+(?!\S)|", @"|\s+(?!\S)|", StringComparison.Ordinal);
    }
}
