using System.Text.Json;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>Reads <c>response_format</c>, <c>structured_outputs</c> and the <c>guided_…</c> fields, of which a request has at most one.</summary>
internal static class FormatReader
{
    public static AnswerFormat Read(GenerationBody body, RequestLimits limits)
    {
        var asked = new List<AnswerFormat>();
        if (body.ResponseFormat is { } format && OfResponseFormat(format) is { Form: not AnswerForm.Text } own)
            asked.Add(own);
        if (body.GuidedJson is { } schema)
            asked.Add(Schema(schema, "guided_json"));
        if (body.GuidedRegex is { } regex)
            asked.Add(new AnswerFormat(AnswerForm.Regex, regex, Field: "guided_regex"));
        if (body.GuidedChoice is { } choices)
            asked.Add(Choice(choices, "guided_choice"));
        if (body.GuidedGrammar is { } grammar)
            asked.Add(new AnswerFormat(AnswerForm.Grammar, grammar, Field: "guided_grammar"));
        if (body.StructuredOutputs is { } outputs)
            asked.AddRange(OfStructuredOutputs(outputs));
        if (asked.Count > 1)
            throw ApiException.Invalid($"'{asked[0].Field}' and '{asked[1].Field}' exclude each other.", asked[1].Field);
        if (asked.Count == 0)
            return AnswerFormat.Text;
        int length = asked[0].Rule.Length + (asked[0].Choices?.Sum(choice => choice.Length) ?? 0);
        return length <= limits.MaxGrammarLength ? asked[0]
            : throw ApiException.Invalid($"'{asked[0].Field}' has {length} characters; at most {limits.MaxGrammarLength} are taken.", asked[0].Field);
    }

    private static AnswerFormat OfResponseFormat(JsonElement format)
    {
        const string name = "response_format";
        if (format.ValueKind != JsonValueKind.Object || !format.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
            throw ApiException.Invalid($"'{name}' has to be an object with a type.", name);
        switch (Field.Text(type, "response_format.type"))
        {
            case "text":
                return AnswerFormat.Text;
            case "json_object":
                return new AnswerFormat(AnswerForm.JsonObject);
            case "json_schema":
                if (!format.TryGetProperty("json_schema", out JsonElement holder) || holder.ValueKind != JsonValueKind.Object || !holder.TryGetProperty("schema", out JsonElement schema) || schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
                    throw ApiException.Invalid($"'{name}' of type json_schema needs a 'json_schema' with a 'schema'.", "response_format.json_schema");
                return new AnswerFormat(AnswerForm.JsonSchema, schema.GetRawText()) { IsLenient = holder.TryGetProperty("strict", out JsonElement strict) && strict.ValueKind == JsonValueKind.False };
            default:
                throw ApiException.Invalid($"'{name}.type' is none of text, json_object, json_schema.", "response_format.type");
        }
    }

    private static List<AnswerFormat> OfStructuredOutputs(JsonElement outputs)
    {
        const string name = "structured_outputs", offered = "json, regex, choice, grammar, json_object";
        if (outputs.ValueKind != JsonValueKind.Object)
            throw ApiException.Invalid($"'{name}' has to be an object with one of {offered}.", name);
        var asked = new List<AnswerFormat>();
        foreach (JsonProperty one in outputs.EnumerateObject())
        {
            // What a client leaves at its default.
            if (one.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False)
                continue;
            string field = $"{name}.{one.Name}";
            asked.Add(one.Name switch
            {
                "json" => Schema(one.Value, field),
                "regex" => new AnswerFormat(AnswerForm.Regex, Field.Text(one.Value, field), Field: field),
                "choice" => Choice(Field.Texts(one.Value, field), field),
                "grammar" => new AnswerFormat(AnswerForm.Grammar, Field.Text(one.Value, field), Field: field),
                "json_object" => new AnswerFormat(AnswerForm.JsonObject, Field: field),
                _ => throw ApiException.Invalid($"'{name}.{Field.Shown(one.Name)}' is not offered; {offered} are.", name),
            });
        }
        return asked.Count > 0 ? asked : throw ApiException.Invalid($"'{name}' is empty; give one of {offered}.", name);
    }

    private static AnswerFormat Schema(JsonElement schema, string field) =>
        new(AnswerForm.JsonSchema, schema.ValueKind == JsonValueKind.String ? Field.Text(schema, field) : schema.GetRawText(), Field: field);

    private static AnswerFormat Choice(string[] choices, string field)
    {
        if (choices.Length == 0 || choices.Any(string.IsNullOrEmpty))
            throw ApiException.Invalid($"'{field}' needs at least one text, and none that is empty.", field);
        return new AnswerFormat(AnswerForm.Choice, Choices: choices, Field: field);
    }
}
