using System.Globalization;
using System.Text.Json;

namespace Athanor.Inference.Constraints;

internal sealed partial class SchemaCompiler
{
    private GrammarNode ObjectOf(JsonElement schema, string path)
    {
        HashSet<string> required = new(StringComparer.Ordinal);
        if (schema.TryGetProperty("required", out JsonElement names))
        {
            foreach (JsonElement name in Items(names, $"{path}.required"))
                required.Add(name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new ConstraintException("must be a list of strings", $"{path}.required"));
        }
        List<(GrammarNode Item, bool Required)> items = [];
        HashSet<string> declared = new(StringComparer.Ordinal);
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            if (properties.ValueKind != JsonValueKind.Object)
                throw new ConstraintException("must be an object of schemas", $"{path}.properties");
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                string place = $"{path}.properties.{property.Name}";
                if (!declared.Add(property.Name))
                    throw new ConstraintException("the property is given twice", place);
                if (property.Value.ValueKind == JsonValueKind.False && !required.Contains(property.Name))
                    continue;
                items.Add((_json.Property(Key(property.Name), Schema(property.Value, place)), required.Contains(property.Name)));
            }
        }
        bool open = schema.TryGetProperty("additionalProperties", out JsonElement additional)
            ? additional.ValueKind != JsonValueKind.False
            : declared.Count == 0;
        GrammarNode? value = null;
        if (open)
            value = additional.ValueKind is JsonValueKind.Undefined or JsonValueKind.True ? _json.Value(_options.MaxDepth - 1) : Item(additional, $"{path}.additionalProperties");
        foreach (string name in required.Where(name => !declared.Contains(name)).Order(StringComparer.Ordinal))
        {
            if (value is null)
                throw new ConstraintException($"'{name}' is required but neither a property nor allowed by additionalProperties; declare it", $"{path}.required");
            declared.Add(name);
            items.Add((_json.Property(Key(name), value), true));
        }
        (int min, int max) = Counts(schema, "minProperties", "maxProperties", path);
        GrammarNode? more = More(schema, declared, value, path);
        if (items.Count > 0 || more is null)
        {
            if (min > required.Count || (max >= 0 && (max < items.Count || more is not null)))
                throw Unsupported(schema, min > required.Count ? "minProperties" : "maxProperties", "beside declared properties", path);
            return _json.Object(new ListNode(_json.Separator, items, more));
        }
        return _json.Object(Counted(more, min, max));
    }

    /// <summary>A property beyond the declared ones.</summary>
    private GrammarNode? More(JsonElement schema, HashSet<string> declared, GrammarNode? value, string path)
    {
        if (schema.TryGetProperty("patternProperties", out JsonElement patterns) && !_options.IgnoreUnsupported)
        {
            if (declared.Count > 0 || (schema.TryGetProperty("additionalProperties", out JsonElement additional) && additional.ValueKind != JsonValueKind.False))
                throw Unsupported(schema, "patternProperties", "beside declared or additional properties", path);
            if (patterns.ValueKind != JsonValueKind.Object || patterns.EnumerateObject().Count() != 1)
                throw Unsupported(schema, "patternProperties", "with more than one pattern", path);
            JsonProperty only = patterns.EnumerateObject().First();
            string place = $"{path}.patternProperties";
            return _json.Property(Pattern(only.Name, place), Item(only.Value, place));
        }
        if (value is null)
            return null;
        if (!schema.TryGetProperty("propertyNames", out JsonElement keys) || (declared.Count > 0 && _options.IgnoreUnsupported))
            return _json.Property(declared.Count == 0 ? _json.String : OtherKey(declared), value);
        if (declared.Count > 0)
            throw Unsupported(schema, "propertyNames", "beside declared properties", path);
        JsonElement named = Resolve(keys, $"{path}.propertyNames");
        return _json.Property(named.ValueKind == JsonValueKind.Object && named.TryGetProperty("enum", out _) ? Schema(named, $"{path}.propertyNames")
            : named.ValueKind == JsonValueKind.Object ? StringOf(named, $"{path}.propertyNames") : _json.String, value);
    }

    private static GrammarNode Key(string name) => GrammarNode.Text($"\"{JsonEscapes.Escape(name)}\"");

    /// <summary>A string that is none of the names. As far as it is like one it is not written with escapes.</summary>
    private GrammarNode OtherKey(HashSet<string> names)
    {
        int[][] characters = [.. names.Select(name => name.EnumerateRunes().Select(rune => rune.Value).ToArray())];
        return GrammarNode.Sequence(GrammarNode.Text("\""), Rest(characters, 0));
    }

    private GrammarNode Rest(int[][] names, int at)
    {
        List<GrammarNode> parts = [];
        var followers = names.Where(name => name.Length > at).GroupBy(name => name[at]).ToList();
        CodePointSet other = CodePointSet.Of([(0, 0x1F), ('"', '"'), ('\\', '\\'), .. followers.Select(group => (group.Key, group.Key))]).Complement();
        parts.Add(GrammarNode.Sequence(new ClassNode(other), _json.StringTail));
        if (names.All(name => name.Length > at))
            parts.Add(GrammarNode.Text("\""));
        if (at < MaxDepth)
        {
            foreach (IGrouping<int, int[]> group in followers.Where(group => group.Key is > 0x1F and not ('"' or '\\')))
                parts.Add(GrammarNode.Sequence(GrammarNode.Text(char.ConvertFromUtf32(group.Key)), Rest([.. group], at + 1)));
        }
        return GrammarNode.Choice(parts);
    }

    private GrammarNode ArrayOf(JsonElement schema, string path)
    {
        (int min, int max) = Counts(schema, "minItems", "maxItems", path);
        List<JsonElement> first = schema.TryGetProperty("prefixItems", out JsonElement prefix) ? [.. Items(prefix, $"{path}.prefixItems")] : [];
        bool hasItems = schema.TryGetProperty("items", out JsonElement items);
        if (hasItems && items.ValueKind == JsonValueKind.Array)
            throw new ConstraintException("a list of schemas is 'prefixItems' since draft 2020-12", $"{path}.items");
        bool open = !hasItems ? first.Count == 0 || min > first.Count : items.ValueKind != JsonValueKind.False;
        GrammarNode? item = !open ? null : hasItems ? Item(items, $"{path}.items") : _json.Value(_options.MaxDepth - 1);
        if (max == 0)
            return _json.Array(GrammarNode.Empty);
        if (first.Count == 0)
            return _json.Array(item is null ? min > 0 ? throw Impossible("minItems", path) : GrammarNode.Empty : Counted(item, min, max));
        // Items of a prefix may be left out only from the end on.
        int fixedCount = max >= 0 ? Math.Min(first.Count, max) : first.Count;
        GrammarNode? tail = item is null ? null : GrammarNode.Repeat(
            GrammarNode.Sequence(_json.Separator, item), Math.Max(0, min - first.Count), max < 0 ? -1 : Math.Max(0, max - first.Count));
        if (min > fixedCount && item is null)
            throw Impossible("minItems", path);
        for (int i = fixedCount - 1; i >= 0; i--)
        {
            GrammarNode part = Schema(first[i], $"{path}.prefixItems[{i}]");
            GrammarNode rest = tail is null ? part : GrammarNode.Sequence(part, tail);
            if (i > 0)
                rest = GrammarNode.Sequence(_json.Separator, rest);
            tail = min > i ? rest : GrammarNode.Optional(rest);
        }
        return _json.Array(tail!);
    }

    /// <summary>So many parts with separators.</summary>
    private GrammarNode Counted(GrammarNode item, int min, int max)
    {
        if ((min, max) == (0, -1))
            return new ListNode(_json.Separator, [], item);
        if (max == 0)
            return GrammarNode.Empty;
        // The first stands without a separator: one rule serves both places.
        if (item is not RuleNode)
            item = _book.Define(string.Create(CultureInfo.InvariantCulture, $"{_prefix}item {++_items}"), item);
        GrammarNode some = GrammarNode.Sequence(item, GrammarNode.Repeat(GrammarNode.Sequence(_json.Separator, item), Math.Max(0, min - 1), max < 0 ? -1 : max - 1));
        return min == 0 ? GrammarNode.Optional(some) : some;
    }

    // Used at several places of an array or object: a rule of its own.
    private GrammarNode Item(JsonElement schema, string path)
    {
        GrammarNode node = Schema(schema, path);
        return node is RuleNode ? node : _book.Define(string.Create(CultureInfo.InvariantCulture, $"{_prefix}item {++_items}"), node);
    }

    private static (int Min, int Max) Counts(JsonElement schema, string minKeyword, string maxKeyword, string path)
    {
        int min = Count(schema, minKeyword, path) ?? 0, max = Count(schema, maxKeyword, path) ?? -1;
        return max >= 0 && max < min ? throw Impossible(maxKeyword, path) : (min, max);
    }

    private static int? Count(JsonElement schema, string keyword, string path)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement count))
            return null;
        // 3.0 is an integer of JSON Schema.
        return count.ValueKind == JsonValueKind.Number && count.TryGetDouble(out double value) && value >= 0 && value == Math.Floor(value)
            ? value <= RegexParser.MaxCount ? (int)value : throw new ConstraintException($"counts go up to {RegexParser.MaxCount}", $"{path}.{keyword}")
            : throw new ConstraintException("must be a whole number that is not negative", $"{path}.{keyword}");
    }

    private static ConstraintException Impossible(string keyword, string path) => new("no value can satisfy it together with what else the schema says", $"{path}.{keyword}");

    private ConstraintException Unsupported(JsonElement schema, string keyword, string why, string path) =>
        new($"'{keyword}' is not supported {why}; leave it out{(schema.ValueKind == JsonValueKind.Object && _options.IgnoreUnsupported ? " (it changes what the rest means, so it cannot be passed over)" : "")}", $"{path}.{keyword}");
}
