using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Athanor.Inference.Tests.Constraints;

/// <summary>Validates a value against a JSON Schema as the specification words it, keyword by keyword.</summary>
internal sealed class PlainSchemaValidator(JsonElement root)
{
    public bool IsValid(JsonElement value) => IsValid(root, value);

    private bool IsValid(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return schema.ValueKind == JsonValueKind.True;
        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.GetBoolean())
            return true;
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (!Holds(schema, keyword.Name, keyword.Value, value))
                return false;
        }
        return true;
    }

    private bool Holds(JsonElement schema, string keyword, JsonElement says, JsonElement value) => keyword switch
    {
        "$ref" => IsValid(Find(says.GetString()!), value),
        "anyOf" or "oneOf" => says.EnumerateArray().Any(item => IsValid(item, value)),
        "allOf" => says.EnumerateArray().All(item => IsValid(item, value)),
        "const" => JsonElement.DeepEquals(says, value),
        "enum" => says.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)),
        "type" => says.ValueKind == JsonValueKind.String ? IsOf(says.GetString()!, value) : says.EnumerateArray().Any(item => IsOf(item.GetString()!, value)),
        _ => value.ValueKind switch
        {
            JsonValueKind.String => HoldsForString(keyword, says, value.GetString()!),
            JsonValueKind.Number => HoldsForNumber(keyword, says, value),
            JsonValueKind.Array => HoldsForArray(schema, keyword, says, [.. value.EnumerateArray()]),
            JsonValueKind.Object => HoldsForObject(schema, keyword, says, value),
            _ => true,
        },
    };

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => value.ValueKind == JsonValueKind.Number && decimal.IsInteger(Number(value)),
    };

    private static decimal Number(JsonElement value) => decimal.Parse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool HoldsForNumber(string keyword, JsonElement says, JsonElement value) => keyword switch
    {
        "minimum" => Number(value) >= Number(says),
        "maximum" => Number(value) <= Number(says),
        "exclusiveMinimum" => Number(value) > Number(says),
        "exclusiveMaximum" => Number(value) < Number(says),
        _ => true,
    };

    private static bool HoldsForString(string keyword, JsonElement says, string value) => keyword switch
    {
        "minLength" => value.EnumerateRunes().Count() >= says.GetInt32(),
        "maxLength" => value.EnumerateRunes().Count() <= says.GetInt32(),
        "pattern" => Regex.IsMatch(value, says.GetString()!.Replace("$", @"\z", StringComparison.Ordinal), RegexOptions.CultureInvariant),
        "format" => HasFormat(says.GetString()!, value),
        _ => true,
    };

    private static bool HasFormat(string format, string value) => format switch
    {
        "date" => DateOnly.TryParseExact(value is ['0', '0', '0', '0', ..] ? "0004" + value[4..] : value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "time" => value.IndexOfAny(['Z', '+', '-']) is > 7 and int zone && TimeOnly.TryParse(value[..Math.Min(zone, 16)], CultureInfo.InvariantCulture, out _),
        "date-time" => value[10] == 'T' && HasFormat("date", value[..10]) && HasFormat("time", value[11..]),
        "uuid" => Guid.TryParseExact(value, "D", out _),
        "email" => System.Net.Mail.MailAddress.TryCreate(value, out System.Net.Mail.MailAddress? address) && address.Address == value,
        "ipv4" => System.Net.IPAddress.TryParse(value, out System.Net.IPAddress? ip) && ip.ToString() == value,
        "hostname" => Uri.CheckHostName(value) is UriHostNameType.Dns or UriHostNameType.IPv4,
        "uri" => value.Contains(':', StringComparison.Ordinal),
        "duration" => value[0] == 'P' && value.Any(char.IsDigit) && !value.EndsWith('T'),
        _ => throw new NotSupportedException(format),
    };

    private bool HoldsForArray(JsonElement schema, string keyword, JsonElement says, JsonElement[] items) => keyword switch
    {
        "minItems" => items.Length >= says.GetInt32(),
        "maxItems" => items.Length <= says.GetInt32(),
        "prefixItems" => says.EnumerateArray().Zip(items).All(pair => IsValid(pair.First, pair.Second)),
        "items" => items.Skip(schema.TryGetProperty("prefixItems", out JsonElement prefix) ? prefix.GetArrayLength() : 0).All(item => IsValid(says, item)),
        _ => true,
    };

    private bool HoldsForObject(JsonElement schema, string keyword, JsonElement says, JsonElement value) => keyword switch
    {
        "required" => says.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
        "minProperties" => value.EnumerateObject().Count() >= says.GetInt32(),
        "maxProperties" => value.EnumerateObject().Count() <= says.GetInt32(),
        "properties" => says.EnumerateObject().All(property => value.EnumerateObject().Where(own => own.Name == property.Name).All(own => IsValid(property.Value, own.Value))),
        "patternProperties" => says.EnumerateObject().All(pattern => value.EnumerateObject().Where(own => Regex.IsMatch(own.Name, pattern.Name)).All(own => IsValid(pattern.Value, own.Value))),
        "propertyNames" => value.EnumerateObject().All(own => IsValid(says, JsonSerializer.SerializeToElement(own.Name))),
        "additionalProperties" => value.EnumerateObject().Where(own => !(schema.TryGetProperty("properties", out JsonElement known) && known.TryGetProperty(own.Name, out _))
            && !(schema.TryGetProperty("patternProperties", out JsonElement patterns) && patterns.EnumerateObject().Any(pattern => Regex.IsMatch(own.Name, pattern.Name)))).All(own => IsValid(says, own.Value)),
        _ => true,
    };

    private JsonElement Find(string pointer) => pointer.Split('/').Skip(1).Aggregate(root, (at, step) => at.GetProperty(step));
}
