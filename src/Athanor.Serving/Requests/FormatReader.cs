using System.Text.Json;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>Reads <c>response_format</c> and the <c>guided_…</c> fields, of which a request has at most one.</summary>
internal static class FormatReader
{
    public static AnswerFormat Read(GenerationBody body, RequestLimits limits)
    {
        var asked = new List<AnswerFormat>();
        if (body.ResponseFormat is { } format && OfResponseFormat(format) is { Form: not AnswerForm.Text } own)
            asked.Add(own);
        if (body.GuidedJson is { } schema)
            asked.Add(new AnswerFormat(AnswerForm.JsonSchema, schema.ValueKind == JsonValueKind.String ? Field.Text(schema, "guided_json") : schema.GetRawText(), Field: "guided_json"));
        if (body.GuidedRegex is { } regex)
            asked.Add(new AnswerFormat(AnswerForm.Regex, regex, Field: "guided_regex"));
        if (body.GuidedChoice is { } choices)
            asked.Add(Choice(choices));
        if (body.GuidedGrammar is { } grammar)
            asked.Add(new AnswerFormat(AnswerForm.Grammar, grammar, Field: "guided_grammar"));
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

    private static AnswerFormat Choice(string[] choices)
    {
        if (choices.Length == 0 || choices.Any(string.IsNullOrEmpty))
            throw ApiException.Invalid("'guided_choice' needs at least one text, and none that is empty.", "guided_choice");
        return new AnswerFormat(AnswerForm.Choice, Choices: choices, Field: "guided_choice");
    }
}
