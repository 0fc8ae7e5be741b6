using System.Collections.Immutable;
using System.Text.Json;
using Athanor.Tokenizers.PostProcessors;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Post-processors in <c>tokenizer.json</c>.</summary>
internal static class PostProcessorJson
{
    public static PostProcessor Read(JsonPart part)
    {
        PostProcessor result = part.Type switch
        {
            "ByteLevel" => new ByteLevelProcessing(part.Bool("add_prefix_space", true), part.Bool("trim_offsets", true), part.Bool("use_regex", true)),
            "BertProcessing" => new BertProcessing(Pair(part, "sep"), Pair(part, "cls")),
            "RobertaProcessing" => new RobertaProcessing(
                Pair(part, "sep"), Pair(part, "cls"), part.Bool("trim_offsets"), part.Bool("add_prefix_space")),
            "TemplateProcessing" => Template(part),
            "Sequence" => Sequence(part),
            string type => throw part.Wrong($"is a post-processor of the unknown type \"{type}\"."),
        };
        part.Finish();
        return result;
    }

    public static void Write(Utf8JsonWriter json, PostProcessor processor)
    {
        json.WriteStartObject();
        switch (processor)
        {
            case ByteLevelProcessing bytes:
                json.WriteString("type", "ByteLevel");
                json.WriteBoolean("add_prefix_space", bytes.AddPrefixSpace);
                json.WriteBoolean("trim_offsets", bytes.TrimOffsets);
                json.WriteBoolean("use_regex", bytes.UseRegex);
                break;
            case BertProcessing bert:
                json.WriteString("type", "BertProcessing");
                WritePair(json, "sep", bert.Sep);
                WritePair(json, "cls", bert.Cls);
                break;
            case RobertaProcessing roberta:
                json.WriteString("type", "RobertaProcessing");
                WritePair(json, "sep", roberta.Sep);
                WritePair(json, "cls", roberta.Cls);
                json.WriteBoolean("trim_offsets", roberta.TrimOffsets);
                json.WriteBoolean("add_prefix_space", roberta.AddPrefixSpace);
                break;
            case TemplateProcessing template:
                json.WriteString("type", "TemplateProcessing");
                WritePieces(json, "single", template.Single);
                WritePieces(json, "pair", template.Pair);
                WriteTokens(json, template.SpecialTokens);
                break;
            case SequenceProcessing sequence:
                json.WriteString("type", "Sequence");
                json.WriteStartArray("processors");
                foreach (PostProcessor step in sequence.Steps)
                    Write(json, step);
                json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"tokenizer.json has no name for the post-processor {processor.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    /// <summary>The special tokens that a post-processor writes, by name.</summary>
    public static IEnumerable<(string Token, int Id)> SpecialTokens(PostProcessor? processor) => processor switch
    {
        BertProcessing bert => [bert.Sep, bert.Cls],
        RobertaProcessing roberta => [roberta.Sep, roberta.Cls],
        TemplateProcessing template => template.SpecialTokens.SelectMany(token => token.Tokens.Zip(token.Ids)),
        SequenceProcessing sequence => sequence.Steps.SelectMany(SpecialTokens),
        _ => [],
    };

    private static SequenceProcessing Sequence(JsonPart part)
    {
        ImmutableArray<PostProcessor> steps = [.. part.Parts("processors").Select(Read)];
        return PatternJson.Guard(part, () => new SequenceProcessing(steps));
    }

    private static (string, int) Pair(JsonPart part, string name)
    {
        JsonElement pair = part.Value(name);
        if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2
            || pair[0].ValueKind != JsonValueKind.String || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt32(out int id) || id < 0)
            throw part.Expected(name, pair, "a token and its id");
        return (pair[0].GetString()!, id);
    }

    private static void WritePair(Utf8JsonWriter json, string name, (string Token, int Id) pair)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(pair.Token);
        json.WriteNumberValue(pair.Id);
        json.WriteEndArray();
    }

    private static TemplateProcessing Template(JsonPart part)
    {
        JsonPart tokens = part.Part("special_tokens");
        ImmutableArray<TemplateToken> special = [.. tokens.Names.Order(StringComparer.Ordinal).Select(name => Token(tokens, name))];
        return new TemplateProcessing(Pieces(part, "single", special), Pieces(part, "pair", special), special);
    }

    private static TemplateToken Token(JsonPart tokens, string name)
    {
        JsonPart token = tokens.Part(name);
        _ = token.Text("id");
        JsonElement ids = token.Value("ids"), texts = token.Value("tokens");
        if (ids.ValueKind != JsonValueKind.Array || ids.EnumerateArray().Any(id => id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out int value) || value < 0))
            throw token.Expected("ids", ids, "a list of ids");
        if (texts.ValueKind != JsonValueKind.Array || texts.EnumerateArray().Any(text => text.ValueKind != JsonValueKind.String))
            throw token.Expected("tokens", texts, "a list of texts");
        if (ids.GetArrayLength() != texts.GetArrayLength())
            throw token.Wrong($"has {ids.GetArrayLength()} ids and {texts.GetArrayLength()} tokens; they belong together one by one.");
        token.Finish();
        return new TemplateToken(
            name, [.. ids.EnumerateArray().Select(id => id.GetInt32())], [.. texts.EnumerateArray().Select(text => text.GetString()!)]);
    }

    private static ImmutableArray<TemplatePiece> Pieces(JsonPart part, string name, ImmutableArray<TemplateToken> special)
    {
        return [.. part.Parts(name).Select(Piece)];

        TemplatePiece Piece(JsonPart piece)
        {
            bool isText = piece.Has("Sequence");
            JsonPart inner = piece.Part(isText ? "Sequence" : "SpecialToken");
            piece.Finish();
            int typeId = inner.Int("type_id");
            TemplatePiece result;
            if (isText)
            {
                TemplateSequence sequence = inner.Choice<TemplateSequence>("id", null, ("A", TemplateSequence.A), ("B", TemplateSequence.B));
                if (sequence == TemplateSequence.B && name == "single")
                    throw inner.Wrong("names the text B in the template of a single text.");
                result = new TemplatePiece(sequence, sequence.ToString(), [], typeId);
            }
            else
            {
                string id = inner.Text("id");
                TemplateToken token = special.FirstOrDefault(token => token.Name == id)
                    ?? throw inner.Wrong($"names the special token '{id}', which special_tokens lacks.");
                result = new TemplatePiece(TemplateSequence.None, id, token.Ids, typeId);
            }
            inner.Finish();
            return result;
        }
    }

    private static void WritePieces(Utf8JsonWriter json, string name, ImmutableArray<TemplatePiece> pieces)
    {
        json.WriteStartArray(name);
        foreach (TemplatePiece piece in pieces)
        {
            json.WriteStartObject();
            json.WriteStartObject(piece.Sequence == TemplateSequence.None ? "SpecialToken" : "Sequence");
            json.WriteString("id", piece.Name);
            json.WriteNumber("type_id", piece.TypeId);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTokens(Utf8JsonWriter json, ImmutableArray<TemplateToken> tokens)
    {
        json.WriteStartObject("special_tokens");
        foreach (TemplateToken token in tokens)
        {
            json.WriteStartObject(token.Name);
            json.WriteString("id", token.Name);
            json.WriteStartArray("ids");
            foreach (int id in token.Ids)
                json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            foreach (string text in token.Tokens)
                json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
