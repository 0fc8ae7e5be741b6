using System.Collections.Immutable;
using System.Text.Json;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>
/// <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>chat_template.jinja</c>. Entries that say nothing about text and ids are kept and
/// written back as they are.
/// </summary>
internal static class TokenizerConfigJson
{
    private static readonly string[] _tokenNames = ["bos_token", "eos_token", "pad_token", "unk_token"];

    /// <summary>The settings of <c>tokenizer_config.json</c>, and of <c>special_tokens_map.json</c> where it is silent.</summary>
    public static TokenizerSettings Read(byte[] config, string source, byte[]? specialTokensMap = null, string? mapSource = null)
    {
        Dictionary<string, JsonElement> fields = Fields(config, source);
        var tokens = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (string name in _tokenNames)
            tokens[name] = Token(fields, name, source);
        if (specialTokensMap is not null)
        {
            Dictionary<string, JsonElement> map = Fields(specialTokensMap, mapSource!);
            foreach (string name in _tokenNames)
                tokens[name] ??= fields.ContainsKey(name) ? null : Token(map, name, mapSource!);
        }
        (string? template, ImmutableSortedDictionary<string, string> named) = Templates(fields, source);
        long? length = null;
        // Absent lengths are written as 10^30.
        if (fields.TryGetValue("model_max_length", out JsonElement longest) && longest.ValueKind == JsonValueKind.Number && longest.GetDouble() is > 0 and < 1e18)
            length = (long)longest.GetDouble();
        return new TokenizerSettings
        {
            BosToken = tokens["bos_token"],
            EosToken = tokens["eos_token"],
            PadToken = tokens["pad_token"],
            UnkToken = tokens["unk_token"],
            ChatTemplate = template,
            NamedChatTemplates = named,
            ModelMaxLength = length,
            Others = fields.Where(field => !_tokenNames.Contains(field.Key) && field.Key is not ("chat_template" or "model_max_length"))
                .ToImmutableSortedDictionary(field => field.Key, field => field.Value.GetRawText(), StringComparer.Ordinal),
        };
    }

    public static void Write(Stream stream, TokenizerSettings settings)
    {
        using var json = new Utf8JsonWriter(stream, TokenizerJsonWriter.Options);
        json.WriteStartObject();
        string?[] tokens = [settings.BosToken, settings.EosToken, settings.PadToken, settings.UnkToken];
        for (int i = 0; i < tokens.Length; i++)
            json.WriteString(_tokenNames[i], tokens[i]);
        if (settings.NamedChatTemplates.Count > 0)
        {
            json.WriteStartArray("chat_template");
            foreach ((string name, string template) in settings.ChatTemplate is { } standard ? settings.NamedChatTemplates.SetItem("default", standard) : settings.NamedChatTemplates)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("template", template);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        else if (settings.ChatTemplate is not null)
        {
            json.WriteString("chat_template", settings.ChatTemplate);
        }
        if (settings.ModelMaxLength is { } length)
            json.WriteNumber("model_max_length", length);
        foreach ((string name, string value) in settings.Others)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
        if (!settings.Others.ContainsKey("tokenizer_class"))
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteEndObject();
    }

    private static Dictionary<string, JsonElement> Fields(byte[] json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
            var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new TokenizerFormatException(source, "$", "is not an object.");
            foreach (JsonProperty field in document.RootElement.EnumerateObject())
            {
                if (!fields.TryAdd(field.Name, field.Value.Clone()))
                    throw new TokenizerFormatException(source, $"$.{field.Name}", "is there twice; keep one.");
            }
            return fields;
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(source, $"line {e.LineNumber + 1}", $"is not valid JSON; it may be cut off. {e.Message}", e);
        }
    }

    /// <summary>A token given as text or as an object with its flags.</summary>
    private static string? Token(Dictionary<string, JsonElement> fields, string name, string source)
    {
        if (!fields.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content))
            value = content;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new TokenizerFormatException(source, $"$.{name}", "is neither a token nor an object with the field \"content\".");
    }

    private static (string?, ImmutableSortedDictionary<string, string>) Templates(Dictionary<string, JsonElement> fields, string source)
    {
        var none = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        if (!fields.TryGetValue("chat_template", out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return (null, none);
        if (value.ValueKind == JsonValueKind.String)
            return (value.GetString(), none);
        if (value.ValueKind != JsonValueKind.Array)
            throw new TokenizerFormatException(source, "$.chat_template", "is neither a template nor a list of named templates.");
        var named = none.ToBuilder();
        string? standard = null;
        int index = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            var part = new JsonPart(source, $"$.chat_template[{index++}]", element);
            string name = part.Text("name"), template = part.Text("template");
            part.Finish();
            if (name == "default" ? standard is not null : named.ContainsKey(name))
                throw part.Wrong($"has the name '{name}' of another template.");
            if (name == "default")
                standard = template;
            else
                named[name] = template;
        }
        return (standard, named.ToImmutable());
    }
}
