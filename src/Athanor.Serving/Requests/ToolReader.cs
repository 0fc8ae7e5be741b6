using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Serving.Catalog;
using Athanor.Serving.Chat;
using Athanor.Serving.Protocol;

namespace Athanor.Serving.Requests;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static class ToolReader
{
    private const int MaxNameLength = 64;

    /// <summary>The tools that may be called; null where none may.</summary>
    public static ToolSet? Read(ChatBody body, ServedModel model, RequestLimits limits)
    {
        JsonArray tools = Definitions(body.Tools, limits);
        (ToolUse use, string? only, bool none) = Choice(body.ToolChoice, tools.Count);
        if (none || tools.Count == 0)
            return null;
        if (only is not null)
        {
            JsonNode[] named = [.. tools.Where(tool => Name(tool!) == only)!];
            if (named.Length == 0)
                throw ApiException.Invalid($"'tool_choice' names the function '{only}', which is not among 'tools'.", "tool_choice");
            tools = new JsonArray(named[0].DeepClone());
        }
        // A single function that has to be called is called once.
        return new ToolSet(tools, use, (body.ParallelToolCalls ?? true) && only is null, model.ToolFormat);
    }

    private static JsonArray Definitions(JsonElement? field, RequestLimits limits)
    {
        if (field is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            throw ApiException.Invalid("'tools' has to be a list.", "tools");
        if (value.GetArrayLength() > limits.MaxTools)
            throw ApiException.Invalid($"'tools' has {value.GetArrayLength()} entries; at most {limits.MaxTools} are taken.", "tools");
        var tools = new JsonArray();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement one in value.EnumerateArray())
        {
            string place = $"tools[{tools.Count}]";
            if (one.ValueKind != JsonValueKind.Object || !one.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String || type.GetString() != "function")
                throw ApiException.Invalid($"'{place}' has to be an object of the type 'function'.", place);
            if (!one.TryGetProperty("function", out JsonElement function) || function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out JsonElement name))
                throw ApiException.Invalid($"'{place}.function' has to be an object with a name.", place);
            string called = Field.Text(name, $"{place}.function.name");
            if (called.Length is 0 or > MaxNameLength || called.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')))
                throw ApiException.Invalid($"'{place}.function.name' has to consist of 1 to {MaxNameLength} letters, digits, '_', '-' and '.'.", place);
            if (!names.Add(called))
                throw ApiException.Invalid($"'{place}.function.name' is the name of another tool.", place);
            if (function.TryGetProperty("parameters", out JsonElement parameters) && parameters.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                throw ApiException.Invalid($"'{place}.function.parameters' has to be a JSON schema.", place);
            if (one.GetRawText().Length > limits.MaxGrammarLength)
                throw ApiException.Invalid($"'{place}' has more than {limits.MaxGrammarLength} characters.", place);
            tools.Add(JsonObject.Create(one.Clone()));
        }
        return tools;
    }

    private static (ToolUse Use, string? Only, bool None) Choice(JsonElement? field, int tools)
    {
        if (field is not { } value)
            return (ToolUse.Auto, null, false);
        if (value.ValueKind == JsonValueKind.String)
        {
            switch (value.GetString())
            {
                case "none": return (ToolUse.Auto, null, true);
                case "auto": return (ToolUse.Auto, null, false);
                case "required":
                    return tools > 0 ? (ToolUse.Required, null, false) : throw ApiException.Invalid("'tool_choice' is 'required', but there are no 'tools'.", "tool_choice");
            }
        }
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out JsonElement name))
            return (ToolUse.Required, Field.Text(name, "tool_choice.function.name"), false);
        throw ApiException.Invalid("'tool_choice' has to be 'none', 'auto', 'required' or {\"type\":\"function\",\"function\":{\"name\":…}}.", "tool_choice");
    }

    private static string Name(JsonNode tool) => tool["function"]!["name"]!.GetValue<string>();
}
