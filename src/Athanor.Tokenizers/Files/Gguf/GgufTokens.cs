using System.Globalization;
using System.Text.Unicode;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>The lists and ids of GGUF's <c>tokenizer.ggml.*</c> keys, checked against each other.</summary>
internal sealed class GgufTokens
{
    public const string Prefix = "tokenizer.ggml.";
    private readonly ITokenizerMetadata _metadata;

    public GgufTokens(ITokenizerMetadata metadata)
    {
        _metadata = metadata;
        Tokens = metadata.GetStrings(Prefix + "tokens") ?? throw Error("tokens", "is missing; the file has no tokenizer");
        if (Tokens.Count == 0)
            throw Error("tokens", "is empty");
        IReadOnlyList<int>? kinds = metadata.GetIntegers(Prefix + "token_type");
        if (kinds is not null && kinds.Count != Tokens.Count)
            throw Error("token_type", $"has {kinds.Count} entries for {Tokens.Count} tokens");
        Kinds = new PieceKind[Tokens.Count];
        for (int id = 0; id < Kinds.Length; id++)
        {
            int kind = kinds?[id] ?? (int)PieceKind.Normal;
            if (kind is < (int)PieceKind.Normal or > (int)PieceKind.Byte)
                throw Error("token_type", $"has the unknown type {kind} for token {id}");
            Kinds[id] = (PieceKind)kind;
        }
        BosId = Id("bos_token_id");
        EosId = Id("eos_token_id");
        UnknownId = Id("unknown_token_id");
        PadId = Id("padding_token_id");
        // Found in text by their own text, which other bytes do not have.
        for (int id = 0; id < Kinds.Length; id++)
        {
            bool added = Kinds[id] is PieceKind.Control or PieceKind.UserDefined or PieceKind.Unknown || id == BosId || id == EosId || id == UnknownId;
            if (added && !Utf8.IsValid(Tokens[id]))
                throw Error("tokens", $"has a special token at {id} that is not UTF-8");
        }
    }

    /// <summary>The name of the file.</summary>
    public string Source => _metadata.Source;

    /// <summary>The tokens as they are written in the file.</summary>
    public IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>The kind of each token.</summary>
    public PieceKind[] Kinds { get; }

    public int? BosId { get; }

    public int? EosId { get; }

    public int? UnknownId { get; }

    public int? PadId { get; }

    public bool Flag(string name, bool otherwise) => _metadata.GetBoolean(Prefix + name) ?? otherwise;

    public IReadOnlyList<float> Scores()
    {
        IReadOnlyList<float> scores = _metadata.GetNumbers(Prefix + "scores") ?? throw Error("scores", "is missing; a model that merges by score needs one for each token");
        return scores.Count == Tokens.Count ? scores : throw Error("scores", $"has {scores.Count} entries for {Tokens.Count} tokens");
    }

    public IReadOnlyList<byte[]> Merges() => _metadata.GetStrings(Prefix + "merges") ?? throw Error("merges", "is missing; byte-level BPE needs it");

    public TokenizerFormatException Error(string name, string problem, Exception? inner = null) => new(_metadata.Source, Prefix + name, problem, inner);

    private int? Id(string name)
    {
        // -1, also as the largest number of 32 bits, is how some writers say "none".
        if (_metadata.GetInteger(Prefix + name) is not { } id || id is -1 or uint.MaxValue)
            return null;
        return id >= 0 && id < Tokens.Count ? (int)id
            : throw Error(name, string.Create(CultureInfo.InvariantCulture, $"is {id}, but the ids go from 0 to {Tokens.Count - 1}"));
    }
}
