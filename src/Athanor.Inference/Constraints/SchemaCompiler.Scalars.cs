using System.Globalization;
using System.Text.Json;

namespace Athanor.Inference.Constraints;

internal sealed partial class SchemaCompiler
{
    private static readonly GrammarNode s_anyText = GrammarNode.Repeat(new ClassNode(CodePointSet.Any), 0, -1);

    private GrammarNode StringOf(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.GetString() != "string")
            throw new ConstraintException("names of properties are strings", $"{path}.type");
        (int min, int max) = Counts(schema, "minLength", "maxLength", path);
        bool hasPattern = schema.TryGetProperty("pattern", out JsonElement pattern), hasFormat = schema.TryGetProperty("format", out JsonElement format);
        string? known = hasFormat && format.ValueKind == JsonValueKind.String ? StringFormats.Find(format.GetString()!) : null;
        if (hasFormat && known is null && !_options.IgnoreUnsupported)
            throw new ConstraintException($"the format {format.GetRawText()} is not supported; known are {string.Join(", ", StringFormats.Names)}", $"{path}.format");
        if (hasPattern && known is not null && !_options.IgnoreUnsupported)
            throw new ConstraintException("is not supported beside 'pattern'; put both into the pattern", $"{path}.format");
        if ((hasPattern || known is not null) && (min, max) != (0, -1) && !_options.IgnoreUnsupported)
        {
            string length = max >= 0 ? "maxLength" : "minLength";
            throw new ConstraintException($"is not supported beside '{(hasPattern ? "pattern" : "format")}'; put the length into a pattern, such as ^[a-z]{{1,20}}$", $"{path}.{length}");
        }
        if (hasPattern)
        {
            return pattern.ValueKind == JsonValueKind.String ? Pattern(pattern.GetString()!, $"{path}.pattern")
                : throw new ConstraintException("must be a string", $"{path}.pattern");
        }
        return known is not null ? _json.StringOfFormat(format.GetString()!, known) : _json.StringOfLength(min, max);
    }

    private static GrammarNode Pattern(string pattern, string path) => JsonParts.Quoted(RegexParser.Parse(pattern, path, searches: true, s_anyText));

    private GrammarNode NumberOf(JsonElement schema, bool integer, string path)
    {
        NumberBound? min = Bound(schema, "minimum", false, path), max = Bound(schema, "maximum", false, path);
        if (Bound(schema, "exclusiveMinimum", true, path) is { } above && (min is null || NumberBound.Compare(above, min.Value) >= 0))
            min = above;
        if (Bound(schema, "exclusiveMaximum", true, path) is { } below && (max is null || NumberBound.Compare(below, max.Value) <= 0))
            max = below;
        if (min is null && max is null)
            return integer ? _json.Integer : _json.Number;
        return NumberRange.Between(min, max, _options.MaxDigits, integer ? 0 : Math.Max(1, _options.MaxFractionDigits))
            ?? throw new ConstraintException($"no {(integer ? "integer" : "number")} lies between the bounds", path);
    }

    private static NumberBound? Bound(JsonElement schema, string keyword, bool excluded, string path)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement bound))
            return null;
        if (bound.ValueKind != JsonValueKind.Number)
            throw new ConstraintException(string.Create(CultureInfo.InvariantCulture, $"must be a number, not {bound.ValueKind}{(excluded ? " (true and false are of draft 4)" : "")}"), $"{path}.{keyword}");
        return NumberBound.Parse(bound.GetRawText(), excluded) ?? throw new ConstraintException("the number has too many digits", $"{path}.{keyword}");
    }
}
