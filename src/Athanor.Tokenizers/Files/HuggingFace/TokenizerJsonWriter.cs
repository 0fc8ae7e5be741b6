using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.SentencePiece;
using Athanor.Tokenizers.Words;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Writes <c>tokenizer.json</c> as Hugging Face tokenizers 0.20 and later do.</summary>
internal static class TokenizerJsonWriter
{
    /// <summary>Non-ASCII text is written as it is, as the other tools do.</summary>
    public static JsonWriterOptions Options { get; } = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="NotSupportedException">A part has no form in the file.</exception>
    public static void Write(Stream stream, Tokenizer tokenizer)
    {
        TokenizerParts parts = tokenizer.Parts;
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        LengthJson.Write(json, parts.Truncation);
        LengthJson.Write(json, parts.Padding);
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in parts.AddedTokens.OrderBy(token => token.Id))
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            json.WriteString("content", token.Content);
            json.WriteBoolean("single_word", token.SingleWord);
            json.WriteBoolean("lstrip", token.LStrip);
            json.WriteBoolean("rstrip", token.RStrip);
            json.WriteBoolean("normalized", token.Normalized);
            json.WriteBoolean("special", token.Special);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Part("normalizer", parts.Normalizer, NormalizerJson.Write);
        Part("pre_tokenizer", parts.PreTokenizer, PreTokenizerJson.Write);
        Part("post_processor", parts.PostProcessor, PostProcessorJson.Write);
        Part("decoder", parts.Decoder, DecoderJson.Write);
        json.WritePropertyName("model");
        Model(json, tokenizer);
        json.WriteEndObject();

        void Part<T>(string name, T? part, Action<Utf8JsonWriter, T> write)
            where T : class
        {
            json.WritePropertyName(name);
            if (part is null)
                json.WriteNullValue();
            else
                write(json, part);
        }
    }

    private static void Model(Utf8JsonWriter json, Tokenizer tokenizer)
    {
        json.WriteStartObject();
        switch (tokenizer.Model)
        {
            case ByteLevelBpe bpe:
                Bpe(json, tokenizer, bpe.Merges, new CharacterBpeOptions { IgnoreMerges = bpe.IgnoreMerges });
                break;
            case CharacterBpe bpe:
                Bpe(json, tokenizer, bpe.Merges, bpe.Options);
                break;
            case Unigram unigram:
                Unigram(json, unigram);
                break;
            case WordPiece wordPiece:
                json.WriteString("type", "WordPiece");
                json.WriteString("unk_token", wordPiece.UnknownToken);
                json.WriteString("continuing_subword_prefix", wordPiece.ContinuingPrefix);
                json.WriteNumber("max_input_chars_per_word", wordPiece.MaxCharacters);
                Vocabulary(json, tokenizer);
                break;
            case WordLevel wordLevel:
                json.WriteString("type", "WordLevel");
                Vocabulary(json, tokenizer);
                json.WriteString("unk_token", wordLevel.UnknownToken);
                break;
            default:
                throw new NotSupportedException($"tokenizer.json has no name for the model {tokenizer.Model.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    private static void Bpe(Utf8JsonWriter json, Tokenizer tokenizer, IReadOnlyList<(int Left, int Right)> merges, CharacterBpeOptions options)
    {
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", options.UnknownToken);
        json.WriteString("continuing_subword_prefix", options.ContinuingPrefix);
        json.WriteString("end_of_word_suffix", options.EndOfWordSuffix);
        json.WriteBoolean("fuse_unk", options.FuseUnknown);
        json.WriteBoolean("byte_fallback", options.ByteFallback);
        json.WriteBoolean("ignore_merges", options.IgnoreMerges);
        Vocabulary(json, tokenizer);
        json.WriteStartArray("merges");
        foreach ((int left, int right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(Text(tokenizer, left));
            json.WriteStringValue(Text(tokenizer, right));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Unigram(Utf8JsonWriter json, Unigram unigram)
    {
        json.WriteString("type", "Unigram");
        if (unigram.Options.UnknownId is { } unknown)
            json.WriteNumber("unk_id", unknown);
        else
            json.WriteNull("unk_id");
        json.WriteStartArray("vocab");
        for (int id = 0; id < unigram.Vocabulary.Count; id++)
        {
            if (!unigram.Vocabulary.Contains(id))
                throw new NotSupportedException($"tokenizer.json cannot leave out an id of a Unigram vocabulary, but {id} has no token.");
            json.WriteStartArray();
            json.WriteStringValue(unigram.Vocabulary[id]);
            json.WriteNumberValue(unigram.Scores[id]);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", unigram.Options.ByteFallback);
    }

    private static void Vocabulary(Utf8JsonWriter json, Tokenizer tokenizer)
    {
        json.WriteStartObject("vocab");
        int count = Math.Max(tokenizer.Model.Vocabulary.Count, tokenizer.Parts.UnreachableTokens.Keys.Select(id => id + 1).DefaultIfEmpty(0).Max());
        for (int id = 0; id < count; id++)
        {
            if (tokenizer.Model.Vocabulary.Contains(id))
                json.WriteNumber(Text(tokenizer, id), id);
            else if (tokenizer.Parts.UnreachableTokens.TryGetValue(id, out string? token))
                json.WriteNumber(token, id);
        }
        json.WriteEndObject();
    }

    // The model's own writing of a token: an added token of the same id may stand for its normalized form.
    private static ReadOnlySpan<byte> Text(Tokenizer tokenizer, int id)
    {
        ReadOnlySpan<byte> token = tokenizer.Model.Vocabulary[id];
        if (tokenizer.IsByteLevel)
            return ByteAlphabet.Encode(token);
        return System.Text.Unicode.Utf8.IsValid(token)
            ? token
            : throw new NotSupportedException($"The token of id {id} is no text ({Convert.ToHexString(token)}); tokenizer.json holds bytes only for byte-level models.");
    }
}
