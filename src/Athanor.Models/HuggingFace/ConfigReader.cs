using System.Globalization;
using System.Text.Json;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Reads a <c>config.json</c> key by key and collects every problem: wrong types, impossible numbers, keys whose effect is not implemented.</summary>
internal sealed class ConfigReader(string file, JsonElement root)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>What is wrong, each with its key.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The file.</summary>
    public string File => file;

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the key is there and null.</summary>
    public bool IsNull(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the key is there with a text.</summary>
    public bool IsText(string key) => Find(key)?.ValueKind == JsonValueKind.String;

    /// <summary>The key's value as it is; null where it is missing or null.</summary>
    public JsonElement? Raw(string key) => Find(key);

    /// <summary>An integer from 1 to 2^24, or the default where the key is missing or null; without a default it is required.</summary>
    public int Size(string key, int? otherwise = null, int least = 1)
    {
        if (Find(key) is not { } value)
            return otherwise ?? Missing(key);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == Math.Floor(number) && number >= least && number <= 1 << 24)
            return (int)number;
        return Problem(key, value, $"a whole number from {least} to {1 << 24}");
    }

    /// <summary>A finite number.</summary>
    public double Number(string key, double otherwise)
    {
        if (Find(key) is not { } value)
            return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number))
            return number;
        return Problem(key, value, "a number");
    }

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool otherwise)
    {
        if (Find(key) is not { } value)
            return otherwise;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        return Problem(key, value, "true or false") != 0;
    }

    /// <summary>A text.</summary>
    public string Text(string key, string otherwise)
    {
        if (Find(key) is not { } value)
            return otherwise;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!;
        Problem(key, value, "a text");
        return otherwise;
    }

    /// <summary>An object, to be read by a reader of its own that shares the problems; null where it is missing.</summary>
    public ConfigReader? Part(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return new ConfigReader(file, value) { Parent = this, Path = $"{Path}{key}." };
        Problem(key, value, "an object");
        return null;
    }

    /// <summary>Refuses the key with a value other than these: what it asks for is not implemented.</summary>
    public void Only(string key, params ReadOnlySpan<string> allowed)
    {
        if (Find(key) is not { } value)
            return;
        string text = Shown(value);
        foreach (string one in allowed)
        {
            if (text == one || (value.ValueKind == JsonValueKind.Number && double.TryParse(one, CultureInfo.InvariantCulture, out double number) && value.GetDouble() == number))
                return;
        }
        Report($"{Path}{key} is {text}, which changes the computation in a way that is not implemented; only {string.Join(" or ", allowed.ToArray())} is");
    }

    /// <summary>The activation of a plain or gated feed-forward part.</summary>
    public FeedForwardKind Activation(string key, string otherwise, bool gated)
    {
        string name = Text(key, otherwise);
        if (Activations.TryParse(name, gated, out FeedForwardKind kind))
            return kind;
        Report($"{Path}{key} is '{name}'; known are {Activations.List(gated)}");
        return kind;
    }

    /// <summary>Marks keys as understood.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            _seen.Add(key);
    }

    /// <summary>Reports keys that nobody read: each might change the computation.</summary>
    public void Finish(IReadOnlyCollection<string> ignored)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            // Absent, null, false and empty are a key's ways of asking for nothing.
            bool silent = property.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False || (property.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object && Shown(property.Value) is "[]" or "{}");
            if (!silent && !_seen.Contains(property.Name) && !ignored.Contains(property.Name) && !(Path.Length == 0 && InertKeys.Contains(property.Name)))
                Report($"{Path}{property.Name} = {Shown(property.Value)} is not known and might change the computation; remove the key or name it as ignored if it does not");
        }
    }

    public void Report(string problem)
    {
        Problems.Add(problem);
        Parent?.Report(problem);
    }

    private ConfigReader? Parent { get; init; }

    private string Path { get; init; } = "";

    private JsonElement? Find(string key)
    {
        _seen.Add(key);
        return root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private int Missing(string key)
    {
        Report($"{Path}{key} is missing");
        return 1;
    }

    private int Problem(string key, JsonElement value, string wanted)
    {
        Report($"{Path}{key} is {Shown(value)}; it must be {wanted}");
        return 1;
    }

    private static string Shown(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
