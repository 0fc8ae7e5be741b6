using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athanor.Inference.Constraints;

internal sealed partial class SchemaCompiler
{
    private GrammarNode Reference(JsonElement schema, JsonElement reference, string path)
    {
        bool alone = schema.EnumerateObject().All(property => property.Name == "$ref" || s_notes.Contains(property.Name) || property.Name.StartsWith("x-", StringComparison.Ordinal));
        if (!alone)
            return Schema(Join(Without(schema, "$ref"), Find(reference, path), path), path);
        JsonElement target = Find(reference, path);
        string pointer = reference.GetString()!;
        if (_references.Add(pointer))
            _pending.Enqueue((pointer, target));
        return new RuleNode(_book.Rule(_prefix + pointer));
    }

    /// <summary>A schema without a reference at its head.</summary>
    private JsonElement Resolve(JsonElement schema, string path)
    {
        for (int steps = 0; schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out JsonElement reference); steps++)
        {
            if (steps > MaxDepth)
                throw new ConstraintException("the references lead in a circle", path);
            schema = Join(Without(schema, "$ref"), Find(reference, path), path);
        }
        return schema;
    }

    private JsonElement Find(JsonElement reference, string path)
    {
        path += ".$ref";
        if (reference.ValueKind != JsonValueKind.String)
            throw new ConstraintException("must be a string", path);
        string pointer = reference.GetString()!;
        if (pointer != "#" && !pointer.StartsWith("#/", StringComparison.Ordinal))
            throw new ConstraintException($"'{pointer}' does not point into the schema itself; only '#' and '#/…' are followed, so put the schema under $defs", path);
        JsonElement at = _root;
        foreach (string step in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out JsonElement next))
                at = next;
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < at.GetArrayLength())
                at = at[index];
            else
                throw new ConstraintException($"'{pointer}' points to nothing: there is no '{name}'", path);
        }
        return at;
    }

    private JsonElement Join(JsonElement one, JsonElement other, string path)
    {
        JsonElement merged = SchemaMerge.Merge(one, other, path);
        // Serialized elements know their length; references that grow with each turn end here.
        if ((_merged += merged.GetRawText().Length) > MaxMergedBytes)
            throw new ConstraintException($"joining schemas has made more than {MaxMergedBytes >> 20} MiB; do not put references to a schema beside its own keywords", path);
        return merged;
    }

    private static JsonElement Without(JsonElement schema, string keyword)
    {
        var rest = JsonObject.Create(schema)!;
        rest.Remove(keyword);
        return JsonSerializer.SerializeToElement((JsonNode)rest);
    }
}
