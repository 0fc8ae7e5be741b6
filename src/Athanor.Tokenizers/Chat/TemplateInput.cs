using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>Turns what the caller gives into a template's values.</summary>
internal static class TemplateInput
{
    private const int MaxDepth = 64;

    public static object? Convert(object? value, string path)
    {
        try
        {
            return Convert(value, path, 0);
        }
        catch (InvalidOperationException error)
        {
            // System.Text.Json only finds these when a string is read.
            throw new ChatTemplateException($"variable '{path}' has a JSON string that is not text (half a surrogate pair): {error.Message}", error);
        }
    }

    private static object? Convert(object? value, string path, int depth)
    {
        if (depth > MaxDepth)
            throw new ChatTemplateLimitException($"variable '{path}' is nested more than {MaxDepth} deep.");
        switch (value)
        {
            case null or string or bool or long or double: return value;
            case JsonNode node: return Node(node, path, depth);
            case JsonElement element: return Element(element, path, depth);
            case JsonDocument document: return Element(document.RootElement, path, depth);
            case sbyte or byte or short or ushort or int or uint: return System.Convert.ToInt64(value, CultureInfo.InvariantCulture);
            case ulong number: return PythonNumber.Normalize(number);
            case BigInteger number: return PythonNumber.Normalize(number);
            case float number: return (double)number;
            case decimal number: return (double)number;
            case char character: return character.ToString();
            case ChatMessage message: return Node(message.Fields, path, depth);
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                var dict = new DictValue();
                foreach (KeyValuePair<string, object?> pair in pairs)
                    dict.Set(pair.Key, Convert(pair.Value, path, depth + 1));
                return dict;
            case IEnumerable items:
                var list = new List<object?>();
                foreach (object? item in items)
                    list.Add(Convert(item, path, depth + 1));
                return new ListValue(list);
            default: throw new ChatTemplateException($"variable '{path}' is a {value.GetType().Name}; templates take strings, numbers, booleans, null, JSON, lists and dictionaries.");
        }
    }

    private static object? Node(JsonNode node, string path, int depth)
    {
        switch (node)
        {
            case JsonObject pairs:
                var dict = new DictValue();
                try
                {
                    foreach (KeyValuePair<string, JsonNode?> pair in pairs)
                        dict.Set(pair.Key, Convert(pair.Value, path, depth + 1));
                }
                catch (ArgumentException error)
                {
                    throw new ChatTemplateException($"variable '{path}' has a JSON object with two properties of one name: {error.Message}", error);
                }
                return dict;
            case JsonArray items: return new ListValue([.. items.Select(item => Convert(item, path, depth + 1))]);
            case JsonValue scalar when scalar.TryGetValue(out JsonElement element): return Element(element, path, depth);
            case JsonValue scalar:
                return scalar.GetValueKind() switch
                {
                    JsonValueKind.String => scalar.TryGetValue(out string? text) ? text : Parse(scalar.ToJsonString()).RootElement.GetString(),
                    JsonValueKind.Number => Number(scalar.ToJsonString(), path),
                    JsonValueKind.True => true,
                    JsonValueKind.False => false,
                    JsonValueKind.Null or JsonValueKind.Undefined => null,
                    _ => Element(Parse(scalar.ToJsonString()).RootElement, path, depth),
                };
            default: throw new ChatTemplateException($"variable '{path}' has a JSON node of an unknown kind.");
        }
    }

    private static JsonDocument Parse(string json) => JsonDocument.Parse(json);

    private static object? Element(JsonElement element, string path, int depth)
    {
        if (depth > MaxDepth)
            throw new ChatTemplateLimitException($"variable '{path}' is nested more than {MaxDepth} deep.");
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new DictValue();
                foreach (JsonProperty property in element.EnumerateObject())
                    dict.Set(property.Name, Element(property.Value, path, depth + 1));
                return dict;
            case JsonValueKind.Array: return new ListValue([.. element.EnumerateArray().Select(item => Element(item, path, depth + 1))]);
            case JsonValueKind.String: return element.GetString();
            case JsonValueKind.Number: return Number(element.GetRawText(), path);
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            default: return null;
        }
    }

    /// <summary>As Python reads JSON: whole numbers of any size, and floats when there is a point or an exponent.</summary>
    private static object Number(string text, string path)
    {
        if (text.AsSpan().IndexOfAny(".eE") >= 0)
            return double.Parse(text, CultureInfo.InvariantCulture);
        return text.Length <= PythonNumber.MaxDigits
            ? PythonNumber.Normalize(BigInteger.Parse(text, CultureInfo.InvariantCulture))
            : throw new ChatTemplateLimitException($"variable '{path}' has a whole number of more than {PythonNumber.MaxDigits} digits.");
    }
}
