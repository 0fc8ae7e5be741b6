using System.Collections.Immutable;
using System.Text;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.Files.SentencePiece;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>Makes tokenizers of the <c>tokenizer.*</c> keys of GGUF files: the models "llama" (SentencePiece BPE) and "gpt2" (byte-level BPE).</summary>
public static class GgufTokenizer
{
    /// <summary>The parts of the tokenizer of a file.</summary>
    /// <param name="metadata">The keys of the file.</param>
    /// <param name="pre">The pre-tokenizer to take in place of the file's <c>tokenizer.ggml.pre</c>, for files that lack it.</param>
    /// <exception cref="TokenizerFormatException">A key is missing or inconsistent, or the model or pre-tokenizer is not known.</exception>
    public static TokenizerParts Build(ITokenizerMetadata metadata, string? pre = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        string? model = metadata.GetString(GgufTokens.Prefix + "model");
        var tokens = new GgufTokens(metadata);
        TokenizerParts parts = model switch
        {
            "llama" => SentencePiece(tokens),
            "gpt2" => ByteLevel(tokens, pre ?? metadata.GetString(GgufTokens.Prefix + "pre")),
            null => throw tokens.Error("model", "is missing"),
            _ => throw tokens.Error("model", $"is '{model}'; known are llama and gpt2"),
        };
        AddedToken? Named(int? id) => parts.AddedTokens.FirstOrDefault(token => token.Id == id);
        return parts with
        {
            Settings = parts.Settings with
            {
                BosToken = Named(tokens.BosId)?.Content,
                EosToken = Named(tokens.EosId)?.Content,
                PadToken = Named(tokens.PadId)?.Content,
                UnkToken = Named(tokens.UnknownId)?.Content,
                ChatTemplate = metadata.GetString("tokenizer.chat_template"),
            },
        };
    }

    private static TokenizerParts SentencePiece(GgufTokens tokens)
    {
        var pieces = new PieceList(tokens.Source);
        IReadOnlyList<float> scores = tokens.Scores();
        for (int id = 0; id < tokens.Tokens.Count; id++)
            pieces.Add(tokens.Tokens[id], scores[id], (int)tokens.Kinds[id]);
        bool bytes = Array.Exists(tokens.Kinds, kind => kind == PieceKind.Byte);
        if (bytes)
            pieces.CheckBytes();
        int unknown = tokens.UnknownId ?? Array.IndexOf(tokens.Kinds, PieceKind.Unknown);
        if (unknown < 0)
            throw tokens.Error("unknown_token_id", "is missing, and no token is of the type unknown (2)");
        var model = new SentencePieceModel
        {
            Vocabulary = pieces.Build(),
            Scores = [.. scores],
            // Whatever else marks these ids, no text becomes them.
            Kinds = [.. tokens.Kinds.Select((kind, id) =>
                id == unknown ? PieceKind.Unknown : (id == tokens.BosId || id == tokens.EosId) && kind == PieceKind.Normal ? PieceKind.Control : kind)],
            Algorithm = SentencePieceAlgorithm.Bpe,
            ByteFallback = bytes,
            UnknownId = unknown,
            BosId = tokens.BosId ?? -1,
            EosId = tokens.EosId ?? -1,
            PadId = tokens.PadId ?? -1,
            AddDummyPrefix = tokens.Flag("add_space_prefix", true),
            RemoveExtraWhitespaces = tokens.Flag("remove_extra_whitespaces", false),
        };
        return model.ToParts(tokens.Flag("add_bos_token", true), tokens.Flag("add_eos_token", false));
    }

    private static TokenizerParts ByteLevel(GgufTokens tokens, string? pre)
    {
        if (pre is null)
            throw tokens.Error("pre", "is missing, so how text is cut into pieces is not known; name the pre-tokenizer when loading, or convert the model anew");
        if (!GgufPreTokenizers.TryGet(pre, out PieceScanner scanner, out bool ignoreMerges, out bool addBos))
            throw tokens.Error("pre", $"is '{pre}'; known are {string.Join(", ", GgufPreTokenizers.Names)}");
        var model = new Dictionary<int, byte[]>();
        var ids = new Dictionary<byte[], int>(ByteStringComparer.Instance);
        var added = ImmutableArray.CreateBuilder<AddedToken>();
        var unreachable = ImmutableSortedDictionary.CreateBuilder<int, string>();
        for (int id = 0; id < tokens.Tokens.Count; id++)
        {
            byte[] written = tokens.Tokens[id];
            if (written.Length == 0)
                throw tokens.Error("tokens", $"has an empty token at {id}");
            if (!ids.TryAdd(written, id))
                throw tokens.Error("tokens", $"has '{Encoding.UTF8.GetString(written)}' twice, at {ids[written]} and {id}");
            byte[] bytes = new byte[written.Length];
            if (tokens.Kinds[id] is PieceKind.Control or PieceKind.UserDefined or PieceKind.Unknown)
                added.Add(new AddedToken(id, Encoding.UTF8.GetString(written), Special: tokens.Kinds[id] != PieceKind.UserDefined));
            else if (tokens.Kinds[id] != PieceKind.Unused && ByteAlphabet.TryDecode(written, bytes, out int length))
                model.Add(id, bytes[..length]);
            else
                unreachable.Add(id, Encoding.UTF8.GetString(written));
        }
        AddedToken? Named(int? id) => added.FirstOrDefault(token => token.Id == id);
        var byteLevel = new ByteLevelPreTokenizer(AddPrefixSpace: false, UseRegex: scanner == PieceScanners.Gpt2);
        return new TokenizerParts
        {
            Model = Model(tokens, model, ids, ignoreMerges),
            AddedTokens = added.ToImmutable(),
            UnreachableTokens = unreachable.ToImmutable(),
            PreTokenizer = scanner == PieceScanners.Gpt2
                ? byteLevel
                : new SequencePreTokenizer([new SplitPreTokenizer(scanner.Pattern, isRegex: true, SplitBehavior.Isolated), byteLevel]),
            PostProcessor = SpecialFrame.Around(
                tokens.Flag("add_bos_token", addBos) ? Named(tokens.BosId) : null, tokens.Flag("add_eos_token", false) ? Named(tokens.EosId) : null),
            Decoder = new ByteLevelDecoder(),
        };
    }

    private static ByteLevelBpe Model(GgufTokens tokens, Dictionary<int, byte[]> model, Dictionary<byte[], int> ids, bool ignoreMerges)
    {
        IReadOnlyList<byte[]> written = tokens.Merges();
        var merges = new (int Left, int Right)[written.Count];
        for (int i = 0; i < merges.Length; i++)
        {
            ReadOnlySpan<byte> merge = written[i];
            // A token is never empty, so the space that parts the two is not the first byte.
            int space = merge.Length < 3 ? -1 : merge[1..].IndexOf((byte)' ') + 1;
            if (space <= 0 || space == merge.Length - 1)
                throw tokens.Error("merges", $"has '{Encoding.UTF8.GetString(merge)}' at {i}, which is not two tokens with a space between");
            if (!ids.TryGetValue(merge[..space].ToArray(), out int left) || !ids.TryGetValue(merge[(space + 1)..].ToArray(), out int right))
                throw tokens.Error("merges", $"has '{Encoding.UTF8.GetString(merge)}' at {i}, of which a part is no token");
            merges[i] = (left, right);
        }
        try
        {
            return ByteLevelBpe.FromMerges(new Vocabulary(model), merges, ignoreMerges);
        }
        catch (ArgumentException e)
        {
            throw tokens.Error("merges", e.Message, e);
        }
    }
}
