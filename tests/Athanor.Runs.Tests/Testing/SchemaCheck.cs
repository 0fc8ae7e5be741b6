using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Athanor.Runs.Tests.Testing;

/// <summary>YAML as JSON by the core schema's rules, with the parser's own tree, so that nothing of ours takes part.</summary>
internal static class YamlJson
{
    public static JsonNode Of(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return Convert(stream.Documents[0].RootNode)!;
    }

    private static JsonNode? Convert(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var json = new JsonObject();
                foreach ((YamlNode key, YamlNode value) in mapping)
                    json[((YamlScalarNode)key).Value!] = Convert(value);
                return json;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Select(Convert)]);
            default:
                var scalar = (YamlScalarNode)node;
                if (scalar.Style != YamlDotNet.Core.ScalarStyle.Plain)
                    return scalar.Value;
                if (scalar.Value is "" or "null" or "~")
                    return null;
                if (bool.TryParse(scalar.Value, out bool flag))
                    return flag;
                return double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : scalar.Value;
        }
    }
}

/// <summary>A small validator of JSON Schema: the keywords that our schemas use.</summary>
internal static class SchemaCheck
{
    public static IReadOnlyList<string> Errors(JsonObject schema, JsonNode value)
    {
        var errors = new List<string>();
        Check(schema, schema, value, "", errors);
        return errors;
    }

    private static bool Fits(JsonObject root, JsonObject schema, JsonNode? value)
    {
        var errors = new List<string>();
        Check(root, schema, value, "", errors);
        return errors.Count == 0;
    }

    private static void Check(JsonObject root, JsonObject schema, JsonNode? value, string path, List<string> errors)
    {
        if (schema["$ref"]?.GetValue<string>() is { } reference)
            Check(root, root["$defs"]![reference.Split('/')[^1]]!.AsObject(), value, path, errors);
        if (schema["anyOf"] is JsonArray any && !any.Any(choice => Fits(root, choice!.AsObject(), value)))
            errors.Add($"{path}: none of anyOf");
        if (schema["oneOf"] is JsonArray one && one.Count(choice => Fits(root, choice!.AsObject(), value)) != 1)
            errors.Add($"{path}: not one of oneOf");
        if (schema.ContainsKey("const") && !JsonNode.DeepEquals(schema["const"], value))
            errors.Add($"{path}: not {schema["const"]}");
        if (schema["enum"] is JsonArray names && !names.Any(name => JsonNode.DeepEquals(name, value)))
            errors.Add($"{path}: not in enum");
        string[] types = schema["type"] switch { JsonArray several => [.. several.Select(type => type!.GetValue<string>())], JsonValue type => [type.GetValue<string>()], _ => [] };
        if (types.Length > 0 && !types.Any(type => IsType(type, value)))
            errors.Add($"{path}: no {string.Join(" or ", types)}");
        if (value is JsonValue number && number.GetValueKind() == JsonValueKind.Number)
        {
            double amount = number.GetValue<double>();
            if (amount < (double?)schema["minimum"] || amount > (double?)schema["maximum"] || amount <= (double?)schema["exclusiveMinimum"] || amount >= (double?)schema["exclusiveMaximum"])
                errors.Add($"{path}: out of bounds");
        }
        if (value is JsonValue text && text.GetValueKind() == JsonValueKind.String && schema["pattern"]?.GetValue<string>() is { } pattern && !Regex.IsMatch(text.GetValue<string>(), pattern))
            errors.Add($"{path}: not like {pattern}");
        if (value is JsonObject map)
            CheckObject(root, schema, map, path, errors);
        if (value is JsonArray items && schema["items"] is JsonObject item)
        {
            foreach (JsonNode? each in items)
                Check(root, item, each, path + "[]", errors);
        }
    }

    private static void CheckObject(JsonObject root, JsonObject schema, JsonObject map, string path, List<string> errors)
    {
        foreach (JsonNode? required in schema["required"]?.AsArray() ?? [])
        {
            if (!map.ContainsKey(required!.GetValue<string>()))
                errors.Add($"{path}: {required} is missing");
        }
        foreach ((string key, JsonNode? value) in map)
        {
            if (schema["properties"]?[key] is JsonObject known)
                Check(root, known, value, $"{path}.{key}", errors);
            else if (schema["additionalProperties"] is JsonObject other)
                Check(root, other, value, $"{path}.{key}", errors);
            else if (schema["additionalProperties"] is JsonValue none && !none.GetValue<bool>())
                errors.Add($"{path}: unknown {key}");
        }
    }

    private static bool IsType(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("number", JsonValueKind.Number) or ("null", JsonValueKind.Null) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => value!.GetValue<double>() == Math.Floor(value.GetValue<double>()),
        _ => false,
    };
}
