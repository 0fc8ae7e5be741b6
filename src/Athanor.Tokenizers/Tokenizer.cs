using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PostProcessors;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers;

/// <summary>Turns text into token ids and back. Immutable and safe for use by many threads at once.</summary>
/// <remarks>
/// Text passes added tokens matched as written, the normalizer, added tokens matched in normalized text, the pre-tokenizer, the model and the
/// post-processor, in the order of Hugging Face's library. Bytes that are not UTF-8 are data and survive where the model has tokens for bytes.
/// </remarks>
public sealed partial class Tokenizer
{
    private readonly Normalizer? _normalizer;
    private readonly PostProcessor? _postProcessor;
    private readonly PipelineEncoder _pipeline;
    private readonly TextEncoder? _fused;
    private readonly AddedTokenMatcher? _raw, _rawPlain, _normalized, _normalizedPlain;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly TokenTable _texts;
    private readonly bool[] _special, _added;

    /// <summary>A tokenizer of the given parts.</summary>
    /// <exception cref="ArgumentException">An added token is empty, is given twice, or has the id of another token.</exception>
    public Tokenizer(TokenizerParts parts)
    {
        Parts = parts;
        Model = parts.Model;
        IsByteLevel = Model is Bpe.ByteLevelBpe;
        _normalizer = parts.Normalizer;
        _postProcessor = parts.PostProcessor;
        PreTokenizer? preTokenizer = IsByteLevel ? KeepingBytes(parts.PreTokenizer) : parts.PreTokenizer;
        _pipeline = new PipelineEncoder(preTokenizer, Model);
        _fused = FusedEncoder.Create(preTokenizer, Model);

        var texts = new byte[]?[Math.Max(Model.Vocabulary.Count, parts.AddedTokens.Select(token => token.Id + 1).DefaultIfEmpty(0).Max())];
        if (parts.UnreachableTokens.Count > 0 && parts.UnreachableTokens.Keys.Max() >= texts.Length)
            Array.Resize(ref texts, parts.UnreachableTokens.Keys.Max() + 1);
        for (int id = 0; id < Model.Vocabulary.Count; id++)
        {
            if (Model.Vocabulary.Contains(id))
                texts[id] = IsByteLevel ? ByteAlphabet.Encode(Model.Vocabulary[id]) : Model.Vocabulary[id].ToArray();
        }
        foreach ((int id, string token) in parts.UnreachableTokens)
            texts[id] = Encoding.UTF8.GetBytes(token);
        _special = new bool[texts.Length];
        _added = new bool[texts.Length];
        List<(byte[], AddedToken)> raw = [], normalized = [];
        foreach (AddedToken token in parts.AddedTokens.OrderBy(token => token.Id))
            Add(token, texts, raw, normalized);
        _raw = AddedTokenMatcher.Create(raw);
        _normalized = AddedTokenMatcher.Create(normalized);
        _rawPlain = AddedTokenMatcher.Create([.. raw.Where(entry => !entry.Item2.Special)]);
        _normalizedPlain = AddedTokenMatcher.Create([.. normalized.Where(entry => !entry.Item2.Special)]);
        _texts = new TokenTable(texts);
        (_joined, _joinedStrip, _joinedStripCount, _joinsByteTokens) = JoinedTable();

        TokenizerSettings settings = parts.Settings;
        BosId = IdOf(settings.BosToken);
        EosId = IdOf(settings.EosToken);
        PadId = IdOf(settings.PadToken);
        UnkId = IdOf(settings.UnkToken);
    }

    /// <summary>The parts that the tokenizer was made of.</summary>
    public TokenizerParts Parts { get; }

    /// <summary>The model.</summary>
    public TokenModel Model { get; }

    /// <summary>Special tokens by part, chat templates.</summary>
    public TokenizerSettings Settings => Parts.Settings;

    /// <summary>The added tokens in the order of the file.</summary>
    public ImmutableArray<AddedToken> AddedTokens => Parts.AddedTokens;

    /// <summary>One more than the highest id, added tokens included: the rows that an embedding table needs at least.</summary>
    public int VocabularySize => _texts.Count;

    /// <summary>The id of the token that starts a text, or null.</summary>
    public int? BosId { get; }

    /// <summary>The id of the token that ends a text, or null.</summary>
    public int? EosId { get; }

    /// <summary>The id of the padding token, or null.</summary>
    public int? PadId { get; }

    /// <summary>The id of the unknown token, or null.</summary>
    public int? UnkId { get; }

    /// <summary>Whether the model's tokens are bytes, which files write in GPT-2's byte alphabet.</summary>
    internal bool IsByteLevel { get; }

    /// <summary>Whether <paramref name="id"/> is a token.</summary>
    public bool Contains(int id) => _texts.Contains(id);

    /// <summary>Whether <paramref name="id"/> is a special token.</summary>
    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <summary>A token as its file writes it, byte-level ones in GPT-2's alphabet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public string GetToken(int id)
    {
        ThrowIfAbsent(id);
        return Encoding.UTF8.GetString(_texts[id]);
    }

    /// <summary>The bytes of text that a token alone decodes to, without the spacing rules that depend on its neighbours.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public ReadOnlySpan<byte> GetTokenBytes(int id)
    {
        ThrowIfAbsent(id);
        return _joined is { } joined ? joined[id] : _texts[id];
    }

    /// <summary>The id of a token written as its file writes it.</summary>
    public bool TryGetId(string token, out int id)
    {
        if (_addedIds.TryGetValue(token, out id))
            return true;
        byte[] text = Encoding.UTF8.GetBytes(token);
        if (!IsByteLevel)
            return Model.Vocabulary.TryGetId(text, out id);
        byte[] bytes = new byte[text.Length];
        return ByteAlphabet.TryDecode(text, bytes, out int length) && Model.Vocabulary.TryGetId(bytes.AsSpan(0, length), out id);
    }

    private int? IdOf(string? token) => token is not null && TryGetId(token, out int id) ? id : null;

    private void Add(AddedToken token, byte[]?[] texts, List<(byte[], AddedToken)> raw, List<(byte[], AddedToken)> normalized)
    {
        byte[] content = Encoding.UTF8.GetBytes(token.Content);
        if (content.Length == 0)
            throw new ArgumentException($"The added token of id {token.Id} is empty.");
        if (token.Id < 0)
            throw new ArgumentException($"The added token '{token.Content}' has the negative id {token.Id}.");
        if (!_addedIds.TryAdd(token.Content, token.Id))
            throw new ArgumentException($"The added token '{token.Content}' is given twice.");
        if (texts[token.Id] is { } taken && !taken.AsSpan().SequenceEqual(content))
            throw new ArgumentException($"The added token '{token.Content}' has the id {token.Id} of the token '{Encoding.UTF8.GetString(taken)}'.");
        if (!token.Normalized)
        {
            raw.Add((content, token));
        }
        else
        {
            byte[] pattern = Normalize(content);
            if (pattern.Length == 0)
                throw new ArgumentException($"The normalizer leaves nothing of the added token '{token.Content}'; set its flag \"normalized\" to false.");
            normalized.Add((pattern, token));
            // Decoding has to undo what the normalizer did, so it starts from the normalized form.
            content = pattern;
        }
        texts[token.Id] = content;
        _special[token.Id] = token.Special;
        _added[token.Id] = true;
    }

    private byte[] Normalize(byte[] text)
    {
        if (_normalizer is null || _normalizer.Leaves(text))
            return text;
        var normalized = new NormalizedText();
        normalized.Reset(text, 0, aligned: false);
        _normalizer.Apply(normalized);
        return normalized.Bytes.ToArray();
    }

    // A model of bytes wants the bytes themselves where the file speaks of them in the byte alphabet.
    private static PreTokenizer? KeepingBytes(PreTokenizer? preTokenizer) => preTokenizer switch
    {
        ByteLevelPreTokenizer step => step with { KeepsBytes = true },
        SequencePreTokenizer sequence => new SequencePreTokenizer([.. sequence.Steps.Select(step => KeepingBytes(step)!)]),
        _ => preTokenizer,
    };

    private void ThrowIfAbsent(int id)
    {
        if (!_texts.Contains(id))
            ThrowAbsent(id);
    }

    [DoesNotReturn]
    private void ThrowAbsent(int id) => throw new ArgumentOutOfRangeException(
        nameof(id), id, $"The vocabulary has no token of id {id}; its ids are below {_texts.Count}{((uint)id < (uint)_texts.Count ? ", with holes" : "")}.");
}
