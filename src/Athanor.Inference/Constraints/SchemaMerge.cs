using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athanor.Inference.Constraints;

/// <summary>Joins schemas that must hold together into one, where the result is again a schema of the known keywords.</summary>
internal static class SchemaMerge
{
    /// <summary>A schema that both schemas' values satisfy, and no others.</summary>
    /// <exception cref="ConstraintException">It cannot be written as one schema.</exception>
    public static JsonElement Merge(JsonElement one, JsonElement other, string path)
    {
        if (one.ValueKind == JsonValueKind.True)
            return other;
        if (other.ValueKind == JsonValueKind.True)
            return one;
        if (one.ValueKind != JsonValueKind.Object || other.ValueKind != JsonValueKind.Object)
            throw new ConstraintException("no value satisfies the schema false", path);
        CheckClosed(one, other, path);
        CheckClosed(other, one, path);
        var merged = JsonObject.Create(one)!;
        foreach (JsonProperty property in other.EnumerateObject())
        {
            merged[property.Name] = one.TryGetProperty(property.Name, out JsonElement present)
                ? Both(property.Name, present, property.Value, path)
                : Copy(property.Value);
        }
        return JsonSerializer.SerializeToElement((JsonNode)merged);
    }

    private static JsonNode? Both(string keyword, JsonElement one, JsonElement other, string path)
    {
        if (JsonElement.DeepEquals(one, other))
            return Copy(one);
        switch (keyword)
        {
            case "title" or "description" or "default" or "examples" or "$comment" or "$id" or "$schema":
                return Copy(one);
            case "$defs" or "definitions":   // references look in the root
                return Copy(one);
            case "required" when one.ValueKind == JsonValueKind.Array && other.ValueKind == JsonValueKind.Array:
                return new JsonArray([.. one.EnumerateArray().Concat(other.EnumerateArray()).Select(Copy).DistinctBy(node => node?.ToJsonString())]);
            case "properties" when one.ValueKind == JsonValueKind.Object && other.ValueKind == JsonValueKind.Object:
                var properties = JsonObject.Create(one)!;
                foreach (JsonProperty property in other.EnumerateObject())
                    properties[property.Name] = one.TryGetProperty(property.Name, out JsonElement present) ? AllOf(present, property.Value) : Copy(property.Value);
                return properties;
            case "items" or "additionalProperties" or "propertyNames":
                return AllOf(one, other);
            case "allOf" when one.ValueKind == JsonValueKind.Array && other.ValueKind == JsonValueKind.Array:
                return new JsonArray([.. one.EnumerateArray().Concat(other.EnumerateArray()).Select(Copy)]);
            case "enum" when one.ValueKind == JsonValueKind.Array && other.ValueKind == JsonValueKind.Array:
                return new JsonArray([.. one.EnumerateArray().Where(value => other.EnumerateArray().Any(known => JsonElement.DeepEquals(value, known))).Select(Copy)]);
            case "type":
                string[] types = [.. Types(one).SelectMany(type => Types(other).Select(known => Common(type, known))).OfType<string>().Distinct()];
                return types.Length > 0 ? new JsonArray([.. types.Select(type => JsonValue.Create(type))])
                    : throw new ConstraintException($"no value is both {one.GetRawText()} and {other.GetRawText()}", $"{path}.type");
            case "minimum" or "exclusiveMinimum" or "minLength" or "minItems" or "minProperties" when Numbers(one, other, out double first, out double second):
                return Copy(first >= second ? one : other);
            case "maximum" or "exclusiveMaximum" or "maxLength" or "maxItems" or "maxProperties" when Numbers(one, other, out double first, out double second):
                return Copy(first <= second ? one : other);
            default:
                throw new ConstraintException($"'{keyword}' is given twice by schemas that must hold together, and the two cannot be joined; write one '{keyword}'", path);
        }
    }

    // A schema without further properties forbids those that only the other one knows.
    private static void CheckClosed(JsonElement closed, JsonElement other, string path)
    {
        if (!closed.TryGetProperty("additionalProperties", out JsonElement additional) || additional.ValueKind == JsonValueKind.True
            || !other.TryGetProperty("properties", out JsonElement properties) || properties.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (JsonProperty property in properties.EnumerateObject())
        {
            if (!closed.TryGetProperty("properties", out JsonElement own) || own.ValueKind != JsonValueKind.Object || !own.TryGetProperty(property.Name, out _))
                throw new ConstraintException($"'additionalProperties' of one schema says what the property '{property.Name}' of another must be; put all properties into one schema", path);
        }
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(item => item.ToString()) : [type.ToString()];

    private static string? Common(string one, string other) =>
        one == other ? one : (one, other) is ("integer", "number") or ("number", "integer") ? "integer" : null;

    private static bool Numbers(JsonElement one, JsonElement other, out double first, out double second)
    {
        (first, second) = (0, 0);
        return one.ValueKind == JsonValueKind.Number && other.ValueKind == JsonValueKind.Number && one.TryGetDouble(out first) && other.TryGetDouble(out second);
    }

    private static JsonObject AllOf(JsonElement one, JsonElement other) => new() { ["allOf"] = new JsonArray(Copy(one), Copy(other)) };

    private static JsonNode? Copy(JsonElement element) => JsonNode.Parse(element.GetRawText());
}
