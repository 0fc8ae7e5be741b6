using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PostProcessors;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Reads <c>tokenizer.json</c> (Hugging Face tokenizers, version 1.0). What it does not know it refuses by name.</summary>
internal static class TokenizerJsonReader
{
    private const int MaxDepth = 64;

    /// <summary>The parts of a tokenizer.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="source">The file's name, for errors.</param>
    /// <exception cref="TokenizerFormatException">The file cannot be used.</exception>
    public static TokenizerParts Read(ReadOnlySpan<byte> json, string source)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json))
            throw new TokenizerFormatException(source, "", "is not UTF-8 text; it may be damaged or a binary file.");
        try
        {
            return ReadDocument(json, source);
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(source, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", $"is not valid JSON; it may be cut off. {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerFormatException(source, "", $"holds a text that is no Unicode text. {e.Message}", e);
        }
    }

    private static TokenizerParts ReadDocument(ReadOnlySpan<byte> json, string source)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        Utf8JsonReader model = default;
        bool hasModel = false;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var added = ImmutableArray<AddedToken>.Empty;
        Normalizer? normalizer = null;
        PreTokenizer? preTokenizer = null;
        PostProcessor? postProcessor = null;
        TokenDecoder? decoder = null;
        TruncationSettings? truncation = null;
        PaddingSettings? padding = null;

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new TokenizerFormatException(source, "$", "is not an object; this is no tokenizer.json.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            string path = "$." + name;
            if (!seen.Add(name))
                throw new TokenizerFormatException(source, path, "is there twice; keep one.");
            reader.Read();
            if (name == "model")
            {
                model = reader;
                hasModel = true;
                reader.Skip();
                continue;
            }
            if (name == "version")
            {
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("1.0"u8))
                    throw new TokenizerFormatException(source, path, "is not \"1.0\", the only version there is.");
                continue;
            }
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement value = document.RootElement;
            bool absent = value.ValueKind == JsonValueKind.Null;
            switch (name)
            {
                case "truncation":
                    truncation = absent ? null : LengthJson.ReadTruncation(new JsonPart(source, path, value));
                    break;
                case "padding":
                    padding = absent ? null : LengthJson.ReadPadding(new JsonPart(source, path, value));
                    break;
                case "added_tokens":
                    added = absent ? [] : AddedTokens(source, path, value);
                    break;
                case "normalizer":
                    normalizer = absent ? null : NormalizerJson.Read(new JsonPart(source, path, value));
                    break;
                case "pre_tokenizer":
                    preTokenizer = absent ? null : PreTokenizerJson.Read(new JsonPart(source, path, value));
                    break;
                case "post_processor":
                    postProcessor = absent ? null : PostProcessorJson.Read(new JsonPart(source, path, value));
                    break;
                case "decoder":
                    decoder = absent ? null : DecoderJson.Read(new JsonPart(source, path, value));
                    break;
                default:
                    if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                        throw new TokenizerFormatException(source, path, "is an unknown part; text might be cut otherwise than the file means, so it is refused.");
                    break;
            }
        }
        reader.Read();   // nothing but white space may follow
        if (!hasModel)
            throw new TokenizerFormatException(source, "$", "lacks the field \"model\"; this is no tokenizer.json.");
        bool byteLevel = CutsIntoBytes(preTokenizer) && !HasByteLevel(normalizer);
        (TokenModel loaded, ImmutableSortedDictionary<int, string> unreachable) = new ModelJsonReader(source, added).Read(ref model, byteLevel);
        // The field's library cuts special tokens out of every text, so its model never meets them; here they may be text.
        if (loaded is Unigram unigram)
            loaded = unigram.Hide(added.Where(token => token.Special).Select(token => token.Id));
        var parts = new TokenizerParts
        {
            Model = loaded,
            UnreachableTokens = unreachable,
            AddedTokens = added,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            PostProcessor = postProcessor,
            Decoder = decoder,
            Truncation = truncation,
            Padding = padding,
        };
        return parts;
    }

    private static ImmutableArray<AddedToken> AddedTokens(string source, string path, JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw new TokenizerFormatException(source, path, "is no list of tokens.");
        var tokens = ImmutableArray.CreateBuilder<AddedToken>();
        var ids = new Dictionary<int, string>();
        var contents = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonElement element in list.EnumerateArray())
        {
            var part = new JsonPart(source, $"{path}[{tokens.Count}]", element);
            var token = new AddedToken(
                part.Int("id"), part.Text("content"), part.Bool("single_word"), part.Bool("lstrip"), part.Bool("rstrip"), part.Bool("normalized"), part.Bool("special"));
            part.Finish();
            if (token.Content.Length == 0)
                throw part.Wrong("has an empty content.");
            if (!ids.TryAdd(token.Id, token.Content))
                throw part.Wrong($"gives the id {token.Id} to '{token.Content}', which is the id of '{ids[token.Id]}'.");
            if (!contents.TryAdd(token.Content, token.Id))
                throw part.Wrong($"is the token '{token.Content}' a second time, with the ids {contents[token.Content]} and {token.Id}; keep one.");
            tokens.Add(token);
        }
        return tokens.ToImmutable();
    }

    /// <summary>Whether the last thing that happens to a piece is to be written in the byte alphabet, so that a model of bytes can take its place.</summary>
    private static bool CutsIntoBytes(PreTokenizer? preTokenizer)
    {
        PreTokenizer[] steps = [.. Flatten(preTokenizer)];
        return steps is [.., ByteLevelPreTokenizer] && steps.Count(step => step is ByteLevelPreTokenizer) == 1;
    }

    private static IEnumerable<PreTokenizer> Flatten(PreTokenizer? preTokenizer) => preTokenizer switch
    {
        null => [],
        SequencePreTokenizer sequence => sequence.Steps.SelectMany(Flatten),
        _ => [preTokenizer],
    };

    private static bool HasByteLevel(Normalizer? normalizer) => normalizer switch
    {
        ByteLevelNormalizer => true,
        SequenceNormalizer sequence => sequence.Steps.Any(HasByteLevel),
        _ => false,
    };
}
