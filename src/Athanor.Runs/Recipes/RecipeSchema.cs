using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Recipes;

/// <summary>JSON Schema (2020-12) of recipes, for editors: completion, hover texts and checks while typing.</summary>
public sealed class RecipeSchema
{
    private readonly RecipeVocabulary _vocabulary;
    private readonly JsonObject _definitions = [];
    private readonly Dictionary<Type, string> _names = [];

    private RecipeSchema(RecipeVocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>The schema of all recipes that a vocabulary allows.</summary>
    public static JsonObject Of(RecipeVocabulary vocabulary) => new RecipeSchema(vocabulary).Root();

    private JsonObject Root()
    {
        var properties = new JsonObject();
        foreach (SettingShape setting in RecipeBinder.HeaderShape.Settings)
            properties[setting.Key] = Setting(setting);
        properties["base"] = new JsonObject
        {
            ["description"] = "A recipe, or a list of recipes, that this one changes; relative to this file.",
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } }),
        };
        foreach (SectionKind section in _vocabulary.Sections)
            properties[section.Name] = Described(Reference(_vocabulary.Shapes.Record(section.Settings)), section.Summary);
        properties["stages"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "Stages by name, in the order in which they are read.",
            ["minProperties"] = 1,
            ["additionalProperties"] = new JsonObject { ["oneOf"] = new JsonArray([.. _vocabulary.Stages.Select(Stage)]) },
        };
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Athanor recipe",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
            ["$defs"] = _definitions,
        };
    }

    private JsonObject Stage(StageKind kind)
    {
        JsonObject stage = Record(_vocabulary.Shapes.Record(kind.Settings));
        stage["title"] = kind.Name;
        stage["description"] = kind.Summary;
        var properties = new JsonObject
        {
            ["use"] = new JsonObject { ["const"] = kind.Name, ["description"] = kind.Summary },
        };
        if (kind.Takes.Count > 0)
            properties["from"] = new JsonObject
            {
                ["description"] = $"The stage or stages it takes: {string.Join(", ", kind.Takes)}.",
                ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } }),
            };
        foreach ((string key, JsonNode? value) in stage["properties"]!.AsObject().ToArray())
            properties[key] = value!.DeepClone();
        stage["properties"] = properties;
        stage["required"] = new JsonArray([JsonValue.Create("use"), .. stage["required"]?.AsArray().Select(item => item!.DeepClone()) ?? []]);
        return stage;
    }

    private JsonObject Reference(RecordShape shape) => Reference(shape, () => Record(shape));

    private JsonObject Reference(ValueShape shape, Func<JsonObject> define)
    {
        if (!_names.TryGetValue(shape.Type, out string? name))
        {
            name = shape.Type.Name;
            for (int number = 2; _definitions.ContainsKey(name); number++)
                name = string.Create(CultureInfo.InvariantCulture, $"{shape.Type.Name}{number}");
            _names.Add(shape.Type, name);
            // Reserved first: a record may hold lists of itself.
            _definitions[name] = new JsonObject();
            _definitions[name] = define();
        }
        return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
    }

    private JsonObject Record(RecordShape shape)
    {
        var properties = new JsonObject();
        foreach (SettingShape setting in shape.Settings)
            properties[setting.Key] = Setting(setting);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (DocComments.Of(shape.Type) is { } summary)
            schema["description"] = summary;
        if (shape.Settings.Any(setting => setting.Required))
            schema["required"] = new JsonArray([.. shape.Settings.Where(setting => setting.Required).Select(setting => JsonValue.Create(setting.Key))]);
        return schema;
    }

    private JsonObject Setting(SettingShape setting)
    {
        JsonObject schema = Value(setting.Value.Shape);
        foreach (ValidationAttribute rule in setting.Rules)
            Bound(schema, rule);
        // Null returns any setting to its default.
        if (!setting.Required || setting.Value.Nullable)
            schema = Nullable(schema);
        if (setting.Default is { } value && SettingsWriter.Scalar(setting.Value.Shape, value) is { } text)
            schema["default"] = Literal(text);
        return Described(schema, DocComments.Of(setting));
    }

    private static JsonObject Nullable(JsonObject schema)
    {
        if (schema["type"] is JsonValue type && !schema.ContainsKey("enum"))
        {
            schema["type"] = new JsonArray(type.DeepClone(), "null");
            return schema;
        }
        if (schema["anyOf"] is JsonArray choices && schema.Count == 1)
        {
            choices.Add(new JsonObject { ["type"] = "null" });
            return schema;
        }
        return new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
    }

    private JsonObject Value(ValueShape shape) => shape switch
    {
        ScalarShape { Form: ScalarForm.Bool } => new JsonObject { ["type"] = "boolean" },
        ScalarShape { Form: ScalarForm.Integer or ScalarForm.Number } number => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = number.Form == ScalarForm.Integer ? "integer" : "number" },
                new JsonObject { ["type"] = "string", ["pattern"] = NumberText.Pattern }),
        },
        ScalarShape { Form: ScalarForm.Duration } => new JsonObject { ["type"] = "string", ["pattern"] = @"^(0|([\d.]+(d|h|m|s|ms|us))+)$" },
        ScalarShape => new JsonObject { ["type"] = "string" },
        EnumShape names => new JsonObject { ["enum"] = new JsonArray([.. names.Names.Select(name => JsonValue.Create(name))]) },
        ListShape list => new JsonObject { ["type"] = "array", ["items"] = Value(list.Element.Shape) },
        MapShape map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(map.Element.Shape) },
        RecordShape record => Reference(record),
        UnionShape union => Reference(union, () => Union(union)),
        _ => [],
    };

    private JsonObject Union(UnionShape union)
    {
        var choices = new JsonArray { new JsonObject { ["enum"] = new JsonArray([.. union.Variants.Keys.Select(kind => JsonValue.Create(kind))]) } };
        foreach ((string kind, RecordShape variant) in union.Variants)
        {
            JsonObject schema = Record(variant);
            schema["properties"]!.AsObject().Insert(0, UnionShape.Discriminator, new JsonObject { ["const"] = kind });
            schema["required"] = new JsonArray([JsonValue.Create(UnionShape.Discriminator), .. schema["required"]?.AsArray().Select(item => item!.DeepClone()) ?? []]);
            choices.Add(schema);
        }
        return new JsonObject { ["anyOf"] = choices };
    }

    private static void Bound(JsonObject schema, ValidationAttribute rule)
    {
        // Bounds belong to the number itself; the text with a suffix is checked on reading.
        JsonObject target = schema["anyOf"]?[0]?.AsObject() ?? schema;
        switch (rule)
        {
            case RangeAttribute range when target["type"]?.ToString() is "integer" or "number":
                target[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
                double high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
                if (double.IsFinite(high) && high != double.MaxValue)
                    target[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = high;
                break;
            case RegularExpressionAttribute expression when target["type"]?.ToString() == "string":
                target["pattern"] = $"^(?:{expression.Pattern})$";
                break;
            case MinLengthAttribute length:
                target[target["type"]?.ToString() == "array" ? "minItems" : "minLength"] = length.Length;
                break;
            case MaxLengthAttribute length:
                target[target["type"]?.ToString() == "array" ? "maxItems" : "maxLength"] = length.Length;
                break;
        }
    }

    private static JsonNode? Literal(ScalarNode text) => text.Kind is ScalarKind.Number or ScalarKind.Bool ? JsonNode.Parse(text.Text) : text.Text;

    private static JsonObject Described(JsonObject schema, string? description)
    {
        if (description is not null)
            schema["description"] = description;
        return schema;
    }
}
