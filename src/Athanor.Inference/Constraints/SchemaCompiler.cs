using System.Text.Json;

namespace Athanor.Inference.Constraints;

/// <summary>
/// Turns a JSON Schema (draft 2020-12) into grammar. What it makes never admits more than the schema does; where it admits less, it is for the sake of
/// bounds or of one way of writing: properties come in the order of the schema, white space and digits are bounded, escapes of fixed texts are canonical.
/// </summary>
internal sealed partial class SchemaCompiler
{
    private const int MaxParts = 20_000;
    private const int MaxDepth = 100;
    private const long MaxMergedBytes = 8 << 20;

    private static readonly HashSet<string> s_notes = new(StringComparer.Ordinal)
    {
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$defs", "definitions", "$anchor",
        "discriminator", "externalDocs", "xml", "contentEncoding", "contentMediaType", "strict", "name", "$vocabulary",
    };

    private readonly JsonElement _root;
    private readonly GrammarBook _book;
    private readonly ConstraintOptions _options;
    private readonly JsonParts _json;
    private readonly Queue<(string Pointer, JsonElement Schema)> _pending = new();
    private readonly HashSet<string> _references = new(StringComparer.Ordinal);
    private readonly string _prefix;
    private int _parts, _depth, _items;
    private long _merged;

    private SchemaCompiler(JsonElement root, GrammarBook book, JsonParts json, ConstraintOptions options, string prefix) =>
        (_root, _book, _json, _options, _prefix) = (root, book, json, options, prefix);

    /// <summary>The grammar of a schema's values. The prefix keeps apart the rules of several schemas in one book.</summary>
    /// <exception cref="ConstraintException">The schema has a keyword that cannot be enforced, or is no schema, or is too large; the JSON path is said.</exception>
    public static GrammarNode Compile(JsonElement schema, GrammarBook book, JsonParts json, ConstraintOptions options, string prefix = "")
    {
        var compiler = new SchemaCompiler(schema, book, json, options, prefix);
        try
        {
            GrammarNode node = compiler.Schema(schema, "$");
            while (compiler._pending.TryDequeue(out (string Pointer, JsonElement Schema) next))
                book.Define(prefix + next.Pointer, compiler.Schema(next.Schema, next.Pointer), shared: true);
            return node;
        }
        catch (ArgumentException e)
        {
            // So says System.Text.Json of objects that have a key twice.
            throw new ConstraintException($"a schema has a keyword twice ({e.Message})", "$");
        }
        catch (InvalidOperationException e)
        {
            // And so of strings with half a surrogate pair.
            throw new ConstraintException($"a string of the schema is not text ({e.Message})", "$");
        }
    }

    private GrammarNode Schema(JsonElement schema, string path)
    {
        if (++_parts > MaxParts)
            throw new ConstraintException($"the schema has more than {MaxParts} parts once its alternatives are joined", path);
        if (++_depth > MaxDepth)
            throw new ConstraintException($"schemas are nested more than {MaxDepth} deep", path);
        GrammarNode node = schema.ValueKind switch
        {
            JsonValueKind.True => _json.Value(_options.MaxDepth),
            JsonValueKind.False => throw new ConstraintException("no value satisfies the schema false", path),
            JsonValueKind.Object => ObjectSchema(schema, path),
            _ => throw new ConstraintException($"a schema is an object or true, not {schema.ValueKind}", path),
        };
        _depth--;
        return node;
    }

    private GrammarNode ObjectSchema(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
            return Reference(schema, reference, path);
        if (schema.TryGetProperty("allOf", out JsonElement all))
        {
            JsonElement joined = Without(schema, "allOf");
            int index = 0;
            foreach (JsonElement part in Items(all, $"{path}.allOf"))
                joined = Join(joined, Resolve(part, $"{path}.allOf[{index}]"), $"{path}.allOf[{index++}]");
            return Schema(joined, path);
        }
        foreach (string keyword in new[] { "anyOf", "oneOf" })
        {
            if (schema.TryGetProperty(keyword, out JsonElement any))
                return Alternatives(schema, keyword, any, path);
        }
        if (schema.TryGetProperty("const", out JsonElement value))
            return Fixed([value], Without(schema, "const"), path);
        if (schema.TryGetProperty("enum", out JsonElement values))
            return Fixed([.. Items(values, $"{path}.enum")], Without(schema, "enum"), path);
        List<GrammarNode> parts = [];
        string[] types = TypesOf(schema, path);
        foreach (string type in types)
            parts.Add(OfType(type, schema, types, path));
        if (schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.ValueKind == JsonValueKind.True && !types.Contains("null"))
            parts.Add(JsonParts.Null);
        return GrammarNode.Choice(parts);
    }

    private GrammarNode OfType(string type, JsonElement schema, string[] types, string path)
    {
        CheckKeywords(schema, types, path);
        return type switch
        {
            "object" => ObjectOf(schema, path),
            "array" => ArrayOf(schema, path),
            "string" => StringOf(schema, path),
            "integer" or "number" => NumberOf(schema, type == "integer", path),
            "boolean" => JsonParts.Boolean,
            "null" => JsonParts.Null,
            "any" => _json.Value(_options.MaxDepth),
            _ => throw new ConstraintException($"the type '{type}' is unknown; types are object, array, string, integer, number, boolean, null", $"{path}.type"),
        };
    }

    private GrammarNode Alternatives(JsonElement schema, string keyword, JsonElement any, string path)
    {
        JsonElement rest = Without(schema, keyword);
        bool hasMore = rest.EnumerateObject().Any(property => !s_notes.Contains(property.Name) && property.Name != "nullable" && !property.Name.StartsWith("x-", StringComparison.Ordinal));
        List<GrammarNode> parts = [];
        int index = 0;
        foreach (JsonElement alternative in Items(any, $"{path}.{keyword}"))
        {
            string place = $"{path}.{keyword}[{index++}]";
            if (alternative.ValueKind == JsonValueKind.False)
                continue;
            parts.Add(hasMore ? Schema(Join(rest, Resolve(alternative, place), place), place) : Schema(alternative, place));
        }
        if (rest.TryGetProperty("nullable", out JsonElement nullable) && nullable.ValueKind == JsonValueKind.True)
            parts.Add(JsonParts.Null);
        return parts.Count > 0 ? GrammarNode.Choice(parts) : throw new ConstraintException("there is no alternative", $"{path}.{keyword}");
    }

    private TextChoiceNode Fixed(JsonElement[] values, JsonElement rest, string path)
    {
        // What else is said must hold for each value; with values at hand this is plainly looked up for types.
        string[]? types = rest.TryGetProperty("type", out _) ? TypesOf(rest, path) : null;
        bool nullable = rest.TryGetProperty("nullable", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        foreach (JsonProperty property in rest.EnumerateObject())
        {
            if (property.Name is not ("type" or "nullable") && !s_notes.Contains(property.Name) && !property.Name.StartsWith("x-", StringComparison.Ordinal) && !_options.IgnoreUnsupported)
                throw new ConstraintException("is not supported beside 'enum' or 'const'; leave out the values that it forbids", $"{path}.{property.Name}");
        }
        List<byte[]> texts = [];
        foreach (JsonElement value in values)
        {
            if (types is null || types.Any(type => IsOfType(value, type)) || (nullable && value.ValueKind == JsonValueKind.Null))
                texts.Add(System.Text.Encoding.UTF8.GetBytes(JsonEscapes.Write(value)));
        }
        if (nullable)
            texts.Add("null"u8.ToArray());
        return texts.Count > 0 ? new TextChoiceNode(texts) : throw new ConstraintException("no value of 'enum' is of the schema's type", path);
    }

    private static bool IsOfType(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        JsonValueKind.Null => type == "null",
        _ => type == "number" || (type == "integer" && NumberBound.Parse(value.GetRawText(), false) is { Fraction.Length: 0 }),
    };

    private static string[] TypesOf(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("type", out JsonElement type))
        {
            if (type.ValueKind == JsonValueKind.String)
                return [type.GetString()!];
            string[] types = [.. Items(type, $"{path}.type").Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()!
                : throw new ConstraintException("a type is a string or a list of strings", $"{path}.type"))];
            return types.Length > 0 ? types : throw new ConstraintException("there is no type in the list", $"{path}.type");
        }
        // Without a type the keywords say what is meant.
        foreach ((string[] keywords, string meant) in s_keywords)
        {
            if (keywords.Any(keyword => schema.TryGetProperty(keyword, out _)))
                return [meant == "integer" ? "number" : meant];
        }
        return ["any"];
    }

    private static readonly (string[] Keywords, string Type)[] s_keywords =
    [
        (["properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties"], "object"),
        (["items", "prefixItems", "minItems", "maxItems"], "array"),
        (["pattern", "format", "minLength", "maxLength"], "string"),
        (["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], "integer"),
    ];

    private void CheckKeywords(JsonElement schema, string[] types, string path)
    {
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            string name = property.Name;
            if (name is "type" or "nullable" || s_notes.Contains(name) || name.StartsWith("x-", StringComparison.Ordinal) || _options.IgnoreUnsupported)
                continue;
            // A keyword of another type says nothing here: JSON Schema passes it over.
            if (s_keywords.Any(known => known.Keywords.Contains(name)))
                continue;
            if (name == "uniqueItems" && (property.Value.ValueKind == JsonValueKind.False || !types.Contains("array")))
                continue;
            if (name is "unevaluatedProperties" or "unevaluatedItems" && property.Value.ValueKind == JsonValueKind.True)
                continue;
            throw new ConstraintException(
                $"the keyword '{name}' cannot be enforced while text is generated; leave it out, or ask for unsupported keywords to be passed over", $"{path}.{name}");
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string path) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new ConstraintException($"must be a list, not {list.ValueKind}", path);
}
