using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Sets the keys that this library knows in a <c>config.json</c> and leaves the others, their order and their spelling as they were.</summary>
internal sealed class ConfigWriter(JsonObject root)
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public JsonObject Root => root;

    public bool Has(string key) => root[key] is not null;

    public void Set(string key, int value) => Put(key, JsonValue.Create(value), old => old.TryGetValue(out double number) && number == value);

    public void Set(string key, bool value) => Put(key, JsonValue.Create(value), old => old.TryGetValue(out bool flag) && flag == value);

    public void Set(string key, string value) => Put(key, JsonValue.Create(value), old => old.TryGetValue(out string? text) && text == value);

    /// <summary>A number of single precision; a file's longer spelling of the same stays.</summary>
    public void Set(string key, float value) => Put(key, JsonValue.Create(double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)), old => old.TryGetValue(out double number) && (float)number == value);

    public void Set(string key, double value) => Put(key, JsonValue.Create(value), old => old.TryGetValue(out double number) && number == value);

    /// <summary>Sets the key unless it is missing and the value is what its absence means.</summary>
    public void Set(string key, float value, float absent)
    {
        if (value != absent || Has(key))
            Set(key, value);
    }

    /// <summary>Sets the key unless it is missing and the value is what its absence means.</summary>
    public void Set(string key, bool value, bool absent)
    {
        if (value != absent || Has(key))
            Set(key, value);
    }

    /// <summary>Sets the key, to null for 0.</summary>
    public void SetOrNull(string key, float value)
    {
        if (value != 0)
            Set(key, value);
        else
            root[key] = null;
    }

    /// <summary>The activation's name; another name of the same stays.</summary>
    public void Activation(string key, FeedForwardKind kind, bool gated)
    {
        if (root[key] is JsonValue old && old.TryGetValue(out string? name) && Activations.TryParse(name, gated, out FeedForwardKind present) && present == kind)
            return;
        if (Activations.NameOf(kind, gated) is { } known)
            root[key] = known;
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(root, Layout), (byte)'\n'];

    private void Put(string key, JsonNode value, Func<JsonValue, bool> same)
    {
        if (root[key] is not JsonValue old || !same(old))
            root[key] = value;
    }
}
