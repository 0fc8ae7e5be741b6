using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Serving.Catalog;
using Athanor.Tokenizers.Chat;

namespace Athanor.Serving.Chat;

/// <summary>A conversation in tokens: messages in the form that templates expect, rendered, encoded with user text as text.</summary>
internal static class ChatPrompt
{
    /// <summary>The tokens.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public static int[] Encode(ServedModel model, IReadOnlyList<ChatMessage> messages, ToolSet? tools, JsonObject? variables, bool addGenerationPrompt, bool continueFinalMessage, CancellationToken cancellation)
    {
        IReadOnlyList<ChatMessage> told = tools is { Format.Taught: false } ? Taught(messages, tools) : messages;
        int[] ids = ChatEncoder.Encode(model.Engine.Tokenizer, model.Template(tools is not null), new ChatRequest
        {
            Messages = told,
            Tools = tools is { Format.Taught: true } ? tools.Definitions : null,
            AddGenerationPrompt = addGenerationPrompt,
            ContinueFinalMessage = continueFinalMessage,
            BosToken = model.Engine.Tokenizer.Settings.BosToken,
            EosToken = model.Engine.Tokenizer.Settings.EosToken,
            Extra = variables,
        }, limits: null, cancellation);
        // Templates that came with a model write the begin token where they want one; the plain one knows none.
        return !model.HasOwnTemplate && model.Begin is { } begin && (ids.Length == 0 || ids[0] != begin) ? [begin, .. ids] : ids;
    }

    /// <summary>A message as templates expect it: one string for content in parts, arguments of calls as objects, no role that only OpenAI has.</summary>
    /// <exception cref="ChatTemplateException">It is no message, or has content other than text.</exception>
    public static ChatMessage Plain(JsonObject fields)
    {
        var message = ChatMessage.FromJson(fields);
        JsonObject own = message.Fields;
        if (message.Role == "developer")
            own["role"] = "system";
        if (own["content"] is JsonArray parts)
            own["content"] = string.Join('\n', parts.Select((part, i) => PartText(part, i)));
        else if (own["content"] is null && message.ToolCalls is null)
            own["content"] = message.Role == "assistant" ? "" : throw new ChatTemplateException($"a message of the role '{message.Role}' needs a content.");
        if (own["tool_calls"] is JsonArray calls)
        {
            foreach (JsonNode? call in calls)
            {
                if (call is not JsonObject { } one || one["function"] is not JsonObject function || function["name"] is not JsonValue)
                    throw new ChatTemplateException("a tool call needs a function with a name.");
                if (function["arguments"] is JsonValue text && text.GetValueKind() == JsonValueKind.String && AsObject(text.GetValue<string>()) is { } arguments)
                    function["arguments"] = arguments;
            }
        }
        else
        {
            own.Remove("tool_calls");
        }
        return message;
    }

    private static string PartText(JsonNode? part, int index)
    {
        if (part is not JsonObject fields || fields["type"] is not JsonValue type || !type.TryGetValue(out string? kind))
            throw new ChatTemplateException($"content part {index} is not an object with a type.");
        string key = kind is "text" or "refusal" ? kind : throw new ChatTemplateException($"content part {index} is of type '{kind}'; this model takes text only.");
        return fields[key] is JsonValue value && value.TryGetValue(out string? text) ? text : throw new ChatTemplateException($"content part {index} has no string '{key}'.");
    }

    private static JsonObject? AsObject(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Tells a model of its tools whose template does not.</summary>
    private static IReadOnlyList<ChatMessage> Taught(IReadOnlyList<ChatMessage> messages, ToolSet tools)
    {
        string list = string.Join('\n', tools.Definitions.Select(tool => tool!.ToJsonString()));
        string many = tools.Parallel ? "For each call" : "For a call";
        string text = string.Join('\n',
            "You may call these functions:",
            list,
            $"{many} write a JSON object with the function's name and arguments between marks:",
            tools.Format.Start,
            """{"name": "...", "arguments": {...}}""",
            tools.Format.End);
        if (messages is [{ Role: "system" } first, ..])
        {
            JsonNode? said = first.Content;
            return [new ChatMessage("system", $"{said}\n\n{text}"), .. messages.Skip(1).Select(WithCallsAsText)];
        }
        return [new ChatMessage("system", text), .. messages.Select(WithCallsAsText)];

        // Such a template drops calls and knows no role of tools.
        ChatMessage WithCallsAsText(ChatMessage message)
        {
            if (message.Role == "tool")
                return new ChatMessage("user", $"<tool_response>\n{message.Content}\n</tool_response>");
            if (message.ToolCalls is not { Count: > 0 } calls)
                return message;
            IEnumerable<string> written = calls.Select(call => $"{tools.Format.Start}\n{new JsonObject { ["name"] = call!["function"]!["name"]!.DeepClone(), ["arguments"] = call["function"]!["arguments"]?.DeepClone() }.ToJsonString()}\n{tools.Format.End}");
            string spoken = message.Content is JsonValue content && content.TryGetValue(out string? value) ? value : "";
            return new ChatMessage("assistant", string.Join('\n', ((string[])[spoken, .. written]).Where(part => part.Length > 0)));
        }
    }
}
