using System.Text;
using System.Text.Json;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>An object of a tokenizer file: its fields are read by name, and a field that nobody read is refused.</summary>
internal sealed class JsonPart
{
    private readonly string _source;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public JsonPart(string source, string path, JsonElement element)
    {
        (_source, Path) = (source, path);
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong($"is {Describe(element)} where an object is expected.");
        foreach (JsonProperty field in element.EnumerateObject())
        {
            if (!_fields.TryAdd(field.Name, field.Value))
                throw Wrong($"has the field \"{field.Name}\" twice; keep one.");
        }
    }

    /// <summary>Where in the file the object stands.</summary>
    public string Path { get; }

    /// <summary>The names of all fields.</summary>
    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>The kind of component.</summary>
    public string Type => Text("type");

    public bool Has(string name) => Find(name) is not null;

    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    public string? OptionalText(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? StringOf(value, name) : throw Expected(name, value, "a text");

    public bool Bool(string name, bool? fallback = null) => OptionalBool(name) ?? fallback ?? throw Missing(name);

    public bool? OptionalBool(string name) => Find(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Expected(name, value, "true or false");

    public int Int(string name, int? fallback = null) => OptionalInt(name) ?? fallback ?? throw Missing(name);

    public int? OptionalInt(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 ? number
        : throw Expected(name, value, "a whole number that is not negative");

    public Rune Character(string name)
    {
        string text = Text(name);
        return text.Length > 0 && Rune.TryGetRuneAt(text, 0, out Rune rune) && rune.Utf16SequenceLength == text.Length
            ? rune
            : throw Wrong($"has '{text}' for \"{name}\" where one character is expected.");
    }

    public T Choice<T>(string name, T? fallback, params (string Name, T Value)[] choices)
        where T : struct
    {
        if (OptionalText(name) is not { } text)
            return fallback ?? throw Missing(name);
        foreach ((string known, T value) in choices)
        {
            if (known == text)
                return value;
        }
        throw Wrong($"has '{text}' for \"{name}\"; known are {string.Join(", ", choices.Select(choice => choice.Name))}.");
    }

    public JsonElement Value(string name) => Find(name) ?? throw Missing(name);

    public JsonElement? OptionalValue(string name) => Find(name);

    public JsonPart Part(string name) => new(_source, $"{Path}.{name}", Value(name));

    /// <summary>The objects of an array.</summary>
    public IEnumerable<JsonPart> Parts(string name)
    {
        JsonElement array = Value(name);
        if (array.ValueKind != JsonValueKind.Array)
            throw Expected(name, array, "a list");
        return array.EnumerateArray().Select((element, i) => new JsonPart(_source, $"{Path}.{name}[{i}]", element));
    }

    /// <summary>Refuses fields that nobody asked for, unless they say nothing (null or false).</summary>
    public void Finish()
    {
        foreach ((string name, JsonElement value) in _fields)
        {
            if (!_read.Contains(name) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw Wrong($"has the unknown field \"{name}\" with the value {Short(value)}; text might be cut otherwise than the file means, so it is refused.");
        }
    }

    public TokenizerFormatException Wrong(string problem, Exception? inner = null) => new(_source, Path, problem, inner);

    public TokenizerFormatException Missing(string name) => Wrong($"lacks the field \"{name}\".");

    public TokenizerFormatException Expected(string name, JsonElement value, string what) =>
        Wrong($"has {Short(value)} for \"{name}\" where {what} is expected.");

    /// <summary>The value of a field; null where it is absent or null.</summary>
    private JsonElement? Find(string name)
    {
        _read.Add(name);
        return _fields.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string StringOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Wrong($"has a text for \"{name}\" that is no Unicode text: {e.Message}", e);
        }
    }

    private static string Short(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };
}
