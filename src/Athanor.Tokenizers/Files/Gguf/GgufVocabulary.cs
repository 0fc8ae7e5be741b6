using System.Globalization;
using System.Text;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Files.HuggingFace;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>What the <c>tokenizer.*</c> keys of a GGUF file say of a tokenizer: byte-level BPE ("gpt2") or SentencePiece BPE ("llama"). Made of a tokenizer, it is checked to mean the same ids.</summary>
public sealed class GgufVocabulary
{
    private GgufVocabulary(string model, byte[][] tokens, int[] types)
    {
        Model = model;
        Tokens = tokens;
        Types = types;
    }

    /// <summary><c>tokenizer.ggml.model</c>.</summary>
    public string Model { get; }

    /// <summary><c>tokenizer.ggml.pre</c>, of byte-level models.</summary>
    public string? Pre { get; private init; }

    /// <summary><c>tokenizer.ggml.tokens</c>: an entry for each row of the embedding.</summary>
    public IReadOnlyList<byte[]> Tokens { get; }

    /// <summary><c>tokenizer.ggml.token_type</c>.</summary>
    public IReadOnlyList<int> Types { get; }

    /// <summary><c>tokenizer.ggml.scores</c>, of SentencePiece models.</summary>
    public IReadOnlyList<float>? Scores { get; private init; }

    /// <summary><c>tokenizer.ggml.merges</c>, of byte-level models.</summary>
    public IReadOnlyList<byte[]>? Merges { get; private init; }

    /// <summary>The ids of the tokens that play a part, by the end of their key (<c>bos_token_id</c>).</summary>
    public IReadOnlyList<(string Key, int Id)> Special { get; private init; } = [];

    /// <summary>Whether texts get the beginning token.</summary>
    public bool AddBos { get; private init; }

    /// <summary>Whether texts get the ending token.</summary>
    public bool AddEos { get; private init; }

    /// <summary>Whether texts get a space before them; null for byte-level models.</summary>
    public bool? AddSpacePrefix { get; private init; }

    /// <summary>The chat template.</summary>
    public string? ChatTemplate { get; private init; }

    /// <summary>What the keys cannot say, where that does not stop them: one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The keys of a tokenizer.</summary>
    /// <param name="size">Rows of the model's embedding: ids without a token are filled up with unused ones.</param>
    /// <exception cref="NotSupportedException">No keys mean this tokenizer; the message says which part has no name.</exception>
    public static GgufVocabulary Of(Tokenizer tokenizer, int size)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer.VocabularySize > size)
            throw new NotSupportedException($"The tokenizer has ids up to {tokenizer.VocabularySize - 1}, but the model has {size} rows of embeddings. They do not belong together.");
        byte[][] tokens = new byte[size][];
        int[] types = new int[size];
        for (int id = 0; id < size; id++)
            (tokens[id], types[id]) = Token(tokenizer, id);
        foreach (AddedToken token in tokenizer.AddedTokens)
            types[token.Id] = (int)(!token.Special ? PieceKind.UserDefined : token.Id == tokenizer.UnkId ? PieceKind.Unknown : PieceKind.Control);
        GgufVocabulary vocabulary = tokenizer.Model switch
        {
            ByteLevelBpe bpe => ByteLevel(tokenizer, bpe, tokens, types),
            CharacterBpe { Options: { ContinuingPrefix: null or "", EndOfWordSuffix: null or "" } } bpe => SentencePiece(tokenizer, bpe, tokens, types),
            _ => throw new NotSupportedException($"GGUF files hold byte-level BPE and SentencePiece BPE; this tokenizer is a {tokenizer.Model.GetType().Name}."),
        };
        vocabulary.Check(tokenizer);
        return vocabulary;
    }

    private static (byte[] Text, int Type) Token(Tokenizer tokenizer, int id)
    {
        if (!tokenizer.Contains(id))
            return (Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]")), (int)PieceKind.Unused);
        bool unreachable = tokenizer.Parts.UnreachableTokens.ContainsKey(id);
        return (Encoding.UTF8.GetBytes(tokenizer.GetToken(id)), (int)(unreachable ? PieceKind.Unused : PieceKind.Normal));
    }

    private static GgufVocabulary ByteLevel(Tokenizer tokenizer, ByteLevelBpe bpe, byte[][] tokens, int[] types)
    {
        PieceScanner scanner = Scanner(tokenizer.Parts.PreTokenizer)
            ?? throw new NotSupportedException("No pre-tokenizer of llama.cpp's cuts text as this tokenizer does; GPT-2's, Llama 3's (cl100k), Qwen 2's and GPT-4o's rules have names in GGUF files.");
        string pre = GgufPreTokenizers.NameOf(scanner, bpe.IgnoreMerges)
            ?? throw new NotSupportedException($"GGUF files have no name for the pre-tokenizer '{scanner.Name}'{(bpe.IgnoreMerges ? " with ignore_merges" : "")}; GPT-2's, Llama 3's (cl100k), Qwen 2's and GPT-4o's rules have one.");
        return new GgufVocabulary("gpt2", tokens, types)
        {
            Pre = pre,
            Merges = [.. bpe.Merges.Select(merge => (byte[])[.. ByteAlphabet.Encode(bpe.Vocabulary[merge.Left]), (byte)' ', .. ByteAlphabet.Encode(bpe.Vocabulary[merge.Right])])],
            Special = SpecialOf(tokenizer),
            AddBos = Adds(tokenizer, tokenizer.BosId, first: true),
            AddEos = Adds(tokenizer, tokenizer.EosId, first: false),
            ChatTemplate = tokenizer.Settings.ChatTemplate,
            Notes = IsNfc(tokenizer) ? ["llama.cpp does not normalize text: what is not in NFC gets other ids there."] : [],
        };
    }

    private static GgufVocabulary SentencePiece(Tokenizer tokenizer, CharacterBpe bpe, byte[][] tokens, int[] types)
    {
        var scores = new float[tokens.Length];
        if (bpe.Scores is { } given)
        {
            for (int id = 0; id < given.Count; id++)
                scores[id] = given[id];
        }
        else
        {
            // The token that the first merge makes comes first of all; characters are made by none.
            Array.Fill(scores, -bpe.Merges.Count - 1f);
            for (int rank = bpe.Merges.Count - 1; rank >= 0; rank--)
            {
                if (bpe.Vocabulary.TryGetId([.. bpe.Vocabulary[bpe.Merges[rank].Left], .. bpe.Vocabulary[bpe.Merges[rank].Right]], out int id))
                    scores[id] = -rank;
            }
        }
        for (int value = 0; value < 256; value++)
        {
            if (bpe.Options.ByteFallback && bpe.Vocabulary.TryGetId(ByteTokens.Name(value), out int id))
                types[id] = (int)PieceKind.Byte;
        }
        if (bpe.Options.UnknownToken is { } unknown && bpe.Vocabulary.TryGetId(unknown, out int unknownId))
            types[unknownId] = (int)PieceKind.Unknown;
        return new GgufVocabulary("llama", tokens, types)
        {
            Scores = scores,
            Special = SpecialOf(tokenizer),
            AddBos = Adds(tokenizer, tokenizer.BosId, first: true),
            AddEos = Adds(tokenizer, tokenizer.EosId, first: false),
            AddSpacePrefix = Prepends(tokenizer.Parts.Normalizer) || tokenizer.Parts.PreTokenizer is MetaspacePreTokenizer { PrependScheme: not PrependScheme.Never },
            ChatTemplate = tokenizer.Settings.ChatTemplate,
        };
    }

    private static bool Prepends(Normalizer? normalizer) => normalizer is PrependNormalizer || (normalizer is SequenceNormalizer sequence && sequence.Steps.Any(Prepends));

    private static bool IsNfc(Tokenizer tokenizer) => tokenizer.Parts.Normalizer is UnicodeNormalizer { Form: UnicodeForm.Nfc };

    private static PieceScanner? Scanner(PreTokenizer? preTokenizer) => preTokenizer switch
    {
        ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: true } => PieceScanners.Gpt2,
        SplitPreTokenizer { IsolatesScanned: true } split => split.Scanner,
        SequencePreTokenizer { Steps: [SplitPreTokenizer { IsolatesScanned: true } split, ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: false }] } => split.Scanner,
        _ => null,
    };

    private static (string, int)[] SpecialOf(Tokenizer tokenizer) =>
        [.. new[] { ("bos_token_id", tokenizer.BosId), ("eos_token_id", tokenizer.EosId), ("unknown_token_id", tokenizer.UnkId), ("padding_token_id", tokenizer.PadId) }
            .Where(entry => entry.Item2 is not null).Select(entry => (entry.Item1, entry.Item2!.Value))];

    // What the post-processor does is asked of it.
    private static bool Adds(Tokenizer tokenizer, int? id, bool first)
    {
        int[] plain = tokenizer.Encode("a"), framed = tokenizer.Encode("a", EncodeOptions.AddSpecial);
        return id is not null && framed.Length > plain.Length && (first ? framed[0] : framed[^1]) == id;
    }

    private void Check(Tokenizer tokenizer)
    {
        var read = new Tokenizer(GgufTokenizer.Build(new GgufVocabularyKeys(this)));
        Tokenizer written = IsNfc(tokenizer) ? new Tokenizer(tokenizer.Parts with { Normalizer = null }) : tokenizer;
        foreach (EncodeOptions options in (EncodeOptions[])[EncodeOptions.AddSpecial, EncodeOptions.ParseSpecial])
        {
            int[] want = Fingerprint.Ids(written, options), have = Fingerprint.Ids(read, options);
            int same = want.AsSpan().CommonPrefixLength(have);
            if (same < want.Length || same < have.Length)
                throw new NotSupportedException($"The keys of a GGUF file cannot say this tokenizer: of the probe text they make {Id(have, same)} as token {same}, the tokenizer makes {Id(want, same)}. An unusual normalizer, pre-tokenizer or added token is the cause.");
        }
    }

    private string Id(int[] ids, int index) => index < ids.Length ? string.Create(CultureInfo.InvariantCulture, $"{ids[index]} ('{Encoding.UTF8.GetString(Tokens[ids[index]])}')") : "no token";
}
