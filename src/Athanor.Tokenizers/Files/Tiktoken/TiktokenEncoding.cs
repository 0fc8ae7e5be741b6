using System.Collections.Immutable;
using System.Globalization;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Files.Tiktoken;

/// <summary>What a rank file does not say about its encoding: how text is cut into pieces, and which tokens are special.</summary>
/// <param name="Name">The name of the encoding.</param>
/// <param name="Scanner">Cuts text into pieces.</param>
/// <param name="SpecialTokens">The special tokens and their ids; ids below 0 count from the end of the ranks: -1 is the first id behind them.</param>
/// <param name="BosToken">The special token that is put before a text, or null.</param>
/// <param name="EosToken">The special token that ends a text, or null.</param>
public sealed record TiktokenEncoding(
    string Name, PieceScanner Scanner, ImmutableArray<KeyValuePair<string, int>> SpecialTokens, string? BosToken = null, string? EosToken = null)
{
    private static readonly TiktokenEncoding[] _known =
    [
        new("r50k_base", PieceScanners.Gpt2, [new("<|endoftext|>", 50256)], null, "<|endoftext|>"),
        new("p50k_base", PieceScanners.Gpt2, [new("<|endoftext|>", 50256)], null, "<|endoftext|>"),
        new("p50k_edit", PieceScanners.Gpt2,
            [new("<|endoftext|>", 50256), new("<|fim_prefix|>", 50281), new("<|fim_middle|>", 50282), new("<|fim_suffix|>", 50283)], null, "<|endoftext|>"),
        new("cl100k_base", PieceScanners.Cl100k,
            [
                new("<|endoftext|>", 100257), new("<|fim_prefix|>", 100258), new("<|fim_middle|>", 100259),
                new("<|fim_suffix|>", 100260), new("<|endofprompt|>", 100276),
            ], null, "<|endoftext|>"),
        new("o200k_base", PieceScanners.O200k, [new("<|endoftext|>", 199999), new("<|endofprompt|>", 200018)], null, "<|endoftext|>"),
        new("llama3", PieceScanners.Cl100k, Llama3([(0, "begin_of_text"), (1, "end_of_text"), (6, "start_header_id"), (7, "end_header_id"), (9, "eot_id")]),
            "<|begin_of_text|>", "<|end_of_text|>"),
        new("llama3.1", PieceScanners.Cl100k,
            Llama3(
            [
                (0, "begin_of_text"), (1, "end_of_text"), (4, "finetune_right_pad_id"), (6, "start_header_id"), (7, "end_header_id"),
                (8, "eom_id"), (9, "eot_id"), (10, "python_tag"),
            ]), "<|begin_of_text|>", "<|end_of_text|>"),
    ];

    private static readonly Dictionary<string, string> _aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["gpt2"] = "r50k_base",
        ["r50k"] = "r50k_base",
        ["p50k"] = "p50k_base",
        ["cl100k"] = "cl100k_base",
        ["o200k"] = "o200k_base",
    };

    /// <summary>The known encodings.</summary>
    public static IReadOnlyList<TiktokenEncoding> Known => _known;

    /// <summary>The encoding of a name: r50k_base (gpt2), p50k_base, p50k_edit, cl100k_base, o200k_base, llama3, llama3.1.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static TiktokenEncoding ByName(string name)
    {
        string full = _aliases.GetValueOrDefault(name, name);
        return _known.FirstOrDefault(encoding => encoding.Name.Equals(full, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"There is no tiktoken encoding '{name}'; known are {string.Join(", ", _known.Select(encoding => encoding.Name))}. "
                + "For another one give its pre-tokenizer and special tokens as a TiktokenEncoding.");
    }

    /// <summary>The 256 special tokens behind the ranks of Llama 3: some with names, the others reserved and numbered.</summary>
    private static ImmutableArray<KeyValuePair<string, int>> Llama3((int Place, string Name)[] named)
    {
        var tokens = ImmutableArray.CreateBuilder<KeyValuePair<string, int>>(256);
        int reserved = 0;
        for (int place = 0; place < 256; place++)
        {
            string name = Array.Find(named, token => token.Place == place).Name
                ?? string.Create(CultureInfo.InvariantCulture, $"reserved_special_token_{reserved++}");
            tokens.Add(new($"<|{name}|>", -1 - place));
        }
        return tokens.MoveToImmutable();
    }
}
