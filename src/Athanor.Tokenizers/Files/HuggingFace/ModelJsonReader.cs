using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.SentencePiece;
using Athanor.Tokenizers.Words;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>
/// Reads the part <c>model</c> of <c>tokenizer.json</c>. Vocabulary and merges are read token by token, without a tree of the JSON in memory.
/// </summary>
internal sealed class ModelJsonReader(string source, IEnumerable<AddedToken> added)
{
    private const string Path = "$.model";
    private static readonly string[] _large = ["vocab", "merges"];

    private readonly Dictionary<byte[], int> _ids = new(ByteStringComparer.Instance);
    private readonly ImmutableSortedDictionary<int, string>.Builder _aside = ImmutableSortedDictionary.CreateBuilder<int, string>();
    private readonly HashSet<int> _results = [];
    private byte[] _text = new byte[256];

    /// <summary>The model and the tokens of its file that it cannot make, by id.</summary>
    /// <param name="reader">At the model's object.</param>
    /// <param name="byteLevel">Pieces come written in the byte alphabet, so that a model of bytes can be made where the settings allow it.</param>
    public (TokenModel Model, ImmutableSortedDictionary<int, string> Unreachable) Read(ref Utf8JsonReader reader, bool byteLevel)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong(Path, "is no object.");
        Utf8JsonReader vocab = default, merges = default;
        var small = new MemoryStream();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using (var writer = new Utf8JsonWriter(small))
        {
            writer.WriteStartObject();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                if (!seen.Add(name))
                    throw Wrong($"{Path}.{name}", "is there twice; keep one.");
                reader.Read();
                if (_large.Contains(name))
                {
                    if (name == "vocab")
                        vocab = reader;
                    else
                        merges = reader;
                    reader.Skip();
                    continue;
                }
                writer.WritePropertyName(name);
                using JsonDocument value = JsonDocument.ParseValue(ref reader);
                value.RootElement.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        using JsonDocument settings = JsonDocument.Parse(small.ToArray());
        var part = new JsonPart(source, Path, settings.RootElement);
        if (!seen.Contains("vocab"))
            throw part.Missing("vocab");
        string type = part.OptionalText("type") ?? Guess(part, seen, vocab.TokenType);
        try
        {
            switch (type)
            {
                case "BPE":
                    if (!seen.Contains("merges"))
                        throw part.Missing("merges");
                    return Bpe(part, ref vocab, ref merges, byteLevel);
                case "Unigram":
                    return (UnigramModel(part, ref vocab), ImmutableSortedDictionary<int, string>.Empty);
                case "WordPiece":
                    ReadVocabulary(ref vocab);
                    SetSpecialAside(part.Text("unk_token"), []);
                    var wordPiece = new WordPiece(
                        VocabularyOf(), part.Text("unk_token"), part.Text("continuing_subword_prefix"), part.Int("max_input_chars_per_word"));
                    part.Finish();
                    return (wordPiece, _aside.ToImmutable());
                case "WordLevel":
                    ReadVocabulary(ref vocab);
                    SetSpecialAside(part.Text("unk_token"), []);
                    var wordLevel = new WordLevel(VocabularyOf(), part.Text("unk_token"));
                    part.Finish();
                    return (wordLevel, _aside.ToImmutable());
                default:
                    throw part.Wrong($"is a model of the unknown type \"{type}\"; known are BPE, Unigram, WordPiece and WordLevel.");
            }
        }
        catch (ArgumentException e)
        {
            throw Wrong(Path, e.Message, e);
        }
    }

    // Files of before 2021 do not name the type.
    private static string Guess(JsonPart part, HashSet<string> seen, JsonTokenType vocab) =>
        seen.Contains("merges") ? "BPE"
        : vocab == JsonTokenType.StartArray ? "Unigram"
        : part.Has("continuing_subword_prefix") ? "WordPiece"
        : part.Has("unk_token") ? "WordLevel"
        : throw part.Missing("type");

    private (TokenModel, ImmutableSortedDictionary<int, string>) Bpe(JsonPart part, ref Utf8JsonReader vocab, ref Utf8JsonReader merges, bool byteLevel)
    {
        ReadVocabulary(ref vocab);
        string? unknown = part.OptionalText("unk_token");
        string? prefix = part.OptionalText("continuing_subword_prefix"), suffix = part.OptionalText("end_of_word_suffix");
        if (part.OptionalValue("dropout") is { } dropout && (dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0))
            throw part.Expected("dropout", dropout, "null or 0 (encoding here never leaves merges out at random)");
        var options = new CharacterBpeOptions
        {
            UnknownToken = unknown,
            FuseUnknown = part.Bool("fuse_unk", false),
            ByteFallback = part.Bool("byte_fallback", false),
            IgnoreMerges = part.Bool("ignore_merges", false),
            ContinuingPrefix = prefix,
            EndOfWordSuffix = suffix,
        };
        part.Finish();
        List<(int, int)> pairs = ReadMerges(ref merges, prefix ?? "");
        SetSpecialAside(unknown, pairs);
        bool plain = byteLevel && !options.ByteFallback && string.IsNullOrEmpty(prefix) && string.IsNullOrEmpty(suffix);
        if (!plain || unknown is not null && _ids.Count > 0 && !HasAllBytes())
            return (new CharacterBpe(VocabularyOf(), pairs, options), _aside.ToImmutable());

        var tokens = new List<KeyValuePair<int, byte[]>>(_ids.Count);
        byte[] bytes = new byte[_ids.Keys.Max(token => (int?)token.Length) ?? 0];
        foreach ((byte[] token, int id) in _ids)
        {
            if (ByteAlphabet.TryDecode(token, bytes, out int length) && length > 0)
                tokens.Add(new(id, bytes.AsSpan(0, length).ToArray()));
            else
                _aside.Add(id, Encoding.UTF8.GetString(token));
        }
        foreach ((int left, int right) in pairs)
        {
            if (_aside.TryGetValue(left, out string? foreign) || _aside.TryGetValue(right, out foreign))
                throw Wrong($"{Path}.merges", $"join the token '{foreign}', which is not written in the byte alphabet and so can never occur.");
        }
        return (ByteLevelBpe.FromMerges(new Vocabulary(tokens), pairs, options.IgnoreMerges), _aside.ToImmutable());
    }

    /// <summary>
    /// Takes special tokens out of the model's vocabulary: where they are wanted they are cut out of the text before it, and where they are not,
    /// a word that is written like one must stay text. Tokens that merges need, and the unknown token, stay.
    /// </summary>
    private void SetSpecialAside(string? unknown, List<(int Left, int Right)> merges)
    {
        var needed = new HashSet<int>();
        foreach ((int left, int right) in merges)
        {
            needed.Add(left);
            needed.Add(right);
        }
        foreach (AddedToken token in added)
        {
            byte[] text = Encoding.UTF8.GetBytes(token.Content);
            if (!token.Special || token.Content == unknown || text.Length < 2 || !_ids.TryGetValue(text, out int id) || id != token.Id || needed.Contains(id) || _results.Contains(id))
                continue;
            _ids.Remove(text);
            _aside.Add(id, token.Content);
        }
    }

    private bool HasAllBytes()
    {
        Span<byte> character = stackalloc byte[2];
        Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> ids = _ids.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int value = 0; value < 256; value++)
        {
            if (!ids.ContainsKey(character[..ByteAlphabet.Write((byte)value, character)]))
                return false;
        }
        return true;
    }

    private Unigram UnigramModel(JsonPart part, ref Utf8JsonReader vocab)
    {
        if (vocab.TokenType != JsonTokenType.StartArray)
            throw Wrong($"{Path}.vocab", "is no list of tokens with scores.");
        var tokens = new List<KeyValuePair<int, byte[]>>();
        var scores = new List<double>();
        while (vocab.Read() && vocab.TokenType == JsonTokenType.StartArray)
        {
            int id = tokens.Count;
            vocab.Read();
            if (vocab.TokenType != JsonTokenType.String)
                throw Wrong($"{Path}.vocab[{id}]", "does not start with a token.");
            tokens.Add(new(id, Text(ref vocab).ToArray()));
            vocab.Read();
            if (vocab.TokenType != JsonTokenType.Number || !vocab.TryGetDouble(out double score) || !double.IsFinite(score))
                throw Wrong($"{Path}.vocab[{id}]", "has no finite score.");
            scores.Add(score);
            vocab.Read();
            if (vocab.TokenType != JsonTokenType.EndArray)
                throw Wrong($"{Path}.vocab[{id}]", "has more than a token and its score.");
        }
        if (vocab.TokenType != JsonTokenType.EndArray)
            throw Wrong($"{Path}.vocab[{tokens.Count}]", "is no pair of a token and its score.");
        var options = new UnigramOptions { UnknownId = part.OptionalInt("unk_id"), ByteFallback = part.Bool("byte_fallback", false) };
        part.Finish();
        return new Unigram(new Vocabulary(tokens), scores, options);
    }

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        const string path = Path + ".vocab";
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong(path, "is no object of tokens and ids.");
        var byId = new Dictionary<int, byte[]>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            byte[] token = Text(ref reader).ToArray();
            reader.Read();
            string at() => $"{path}['{Encoding.UTF8.GetString(token)}']";
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id < 0)
                throw Wrong(at(), "is no id (a whole number from 0 up).");
            if (!_ids.TryAdd(token, id))
                throw Wrong(at(), $"is there twice, with the ids {_ids[token]} and {id}; keep one.");
            if (!byId.TryAdd(id, token))
                throw Wrong(at(), $"has the id {id} of the token '{Encoding.UTF8.GetString(byId[id])}'.");
        }
    }

    private List<(int, int)> ReadMerges(ref Utf8JsonReader reader, string prefix)
    {
        const string path = Path + ".merges";
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong(path, "is no list.");
        byte[] continuing = Encoding.UTF8.GetBytes(prefix);
        Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> ids = _ids.GetAlternateLookup<ReadOnlySpan<byte>>();
        var merges = new List<(int, int)>();
        var seen = new HashSet<(int, int)>();
        byte[] left = [], right = [], joined = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int index = merges.Count;
            int leftLength, rightLength;
            if (reader.TokenType == JsonTokenType.String)
            {
                ReadOnlySpan<byte> both = Text(ref reader);
                leftLength = both.IndexOf((byte)' ');
                if (leftLength < 0 || both[(leftLength + 1)..].Contains((byte)' '))
                    throw Wrong($"{path}[{index}]", $"is '{Encoding.UTF8.GetString(both)}', not two tokens with one space between.");
                Hold(both[..leftLength], ref left);
                rightLength = Hold(both[(leftLength + 1)..], ref right);
            }
            else
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                    throw Wrong($"{path}[{index}]", "is neither a text nor a pair of texts.");
                leftLength = HoldNext(ref reader, index, ref left);
                rightLength = HoldNext(ref reader, index, ref right);
                reader.Read();
                if (reader.TokenType != JsonTokenType.EndArray)
                    throw Wrong($"{path}[{index}]", "is no pair of texts.");
            }
            ReadOnlySpan<byte> head = left.AsSpan(0, leftLength);
            ReadOnlySpan<byte> end = right.AsSpan(0, rightLength);
            if (!ids.TryGetValue(head, out int leftId))
                throw Wrong($"{path}[{index}]", $"names the token '{Encoding.UTF8.GetString(head)}', which the vocabulary lacks.");
            if (!ids.TryGetValue(end, out int rightId))
                throw Wrong($"{path}[{index}]", $"names the token '{Encoding.UTF8.GetString(end)}', which the vocabulary lacks.");
            ReadOnlySpan<byte> tail = continuing.Length > 0 && end.StartsWith(continuing) ? end[continuing.Length..] : end;
            if (joined.Length < leftLength + tail.Length)
                joined = new byte[2 * (leftLength + tail.Length)];
            head.CopyTo(joined);
            tail.CopyTo(joined.AsSpan(leftLength));
            if (!ids.TryGetValue(joined.AsSpan(0, leftLength + tail.Length), out int result))
                throw Wrong($"{path}[{index}]", $"makes '{Encoding.UTF8.GetString(joined.AsSpan(0, leftLength + tail.Length))}', which the vocabulary lacks.");
            if (!seen.Add((leftId, rightId)))
                throw Wrong($"{path}[{index}]", $"joins '{Encoding.UTF8.GetString(head)}' and '{Encoding.UTF8.GetString(end)}' a second time; keep one.");
            merges.Add((leftId, rightId));
            _results.Add(result);
        }
        return merges;
    }

    private Vocabulary VocabularyOf() => new(_ids.Select(entry => new KeyValuePair<int, byte[]>(entry.Value, entry.Key)));

    /// <summary>The text at the reader, unescaped; valid until the next call.</summary>
    private ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        if (_text.Length < reader.ValueSpan.Length)
            _text = new byte[2 * reader.ValueSpan.Length];
        return _text.AsSpan(0, reader.CopyString(_text));
    }

    private int HoldNext(ref Utf8JsonReader reader, int index, ref byte[] to)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String
            ? Hold(Text(ref reader), ref to)
            : throw Wrong($"{Path}.merges[{index}]", "is no pair of texts.");
    }

    private static int Hold(ReadOnlySpan<byte> text, ref byte[] to)
    {
        if (to.Length < text.Length)
            to = new byte[2 * text.Length];
        text.CopyTo(to);
        return text.Length;
    }

    private TokenizerFormatException Wrong(string path, string problem, Exception? inner = null) => new(source, path, problem, inner);
}
