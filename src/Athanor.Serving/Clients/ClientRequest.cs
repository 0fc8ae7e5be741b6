using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Serving.Protocol;
using Microsoft.Extensions.AI;

namespace Athanor.Serving.Clients;

/// <summary>Writes what a caller in process asks as the request that it would send, so that both are read by the same rules.</summary>
internal static class ClientRequest
{
    public static ChatBody Of(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var body = new JsonObject();
        var list = new JsonArray();
        if (options?.Instructions is { Length: > 0 } instructions)
            list.Add(new JsonObject { ["role"] = "system", ["content"] = instructions });
        foreach (ChatMessage message in messages)
            AddMessage(list, message);
        body["messages"] = list;
        if (options is not null)
            AddOptions(body, options);
        try
        {
            return body.Deserialize(ApiJson.Api.ChatBody)!;
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The options are not what a chat takes: {e.Message}", nameof(options), e);
        }
    }

    private static void AddOptions(JsonObject body, ChatOptions options)
    {
        Set(body, "temperature", Digits(options.Temperature));
        Set(body, "top_p", Digits(options.TopP));
        Set(body, "presence_penalty", Digits(options.PresencePenalty));
        Set(body, "frequency_penalty", Digits(options.FrequencyPenalty));
        Set(body, "top_k", options.TopK);
        Set(body, "max_completion_tokens", options.MaxOutputTokens);
        Set(body, "seed", options.Seed);
        Set(body, "parallel_tool_calls", options.AllowMultipleToolCalls);
        if (options.StopSequences is { Count: > 0 } stops)
            body["stop"] = new JsonArray([.. stops.Select(stop => JsonValue.Create(stop))]);
        if (options.ResponseFormat is ChatResponseFormatJson format)
        {
            body["response_format"] = format.Schema is { } schema
                ? new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = format.SchemaName ?? "answer", ["schema"] = Node(schema) } }
                : new JsonObject { ["type"] = "json_object" };
        }
        if (options.Tools is { Count: > 0 } tools)
        {
            body["tools"] = new JsonArray([.. tools.Select(Tool)]);
            body["tool_choice"] = options.ToolMode switch
            {
                NoneChatToolMode => "none",
                RequiredChatToolMode { RequiredFunctionName: { } name } => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } },
                RequiredChatToolMode => "required",
                _ => "auto",
            };
        }
        foreach ((string name, object? value) in options.AdditionalProperties ?? [])
            body[name] = Node(value);
    }

    private static JsonObject Tool(AITool tool)
    {
        if (tool is not AIFunctionDeclaration function)
            throw new ArgumentException($"The tool '{tool.Name}' is a {tool.GetType().Name}; models here call functions only.", nameof(tool));
        return new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = function.Name, ["description"] = function.Description, ["parameters"] = Node(function.JsonSchema) },
        };
    }

    private static void AddMessage(JsonArray list, ChatMessage message)
    {
        foreach (FunctionResultContent result in message.Contents.OfType<FunctionResultContent>())
            list.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = Written(result.Result) });
        FunctionCallContent[] calls = [.. message.Contents.OfType<FunctionCallContent>()];
        string[] texts = [.. message.Contents.OfType<TextContent>().Select(text => text.Text)];
        if (message.Contents.FirstOrDefault(content => content is DataContent or UriContent) is { } other)
            throw new ArgumentException($"A message holds a {other.GetType().Name}; models here read text only.", nameof(message));
        if (texts.Length == 0 && calls.Length == 0 && message.Role == ChatRole.Tool)
            return;
        var own = new JsonObject { ["role"] = message.Role.Value, ["content"] = string.Concat(texts) };
        if (calls.Length > 0)
        {
            own["tool_calls"] = new JsonArray([.. calls.Select(call => new JsonObject
            {
                ["id"] = call.CallId,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Written(call.Arguments ?? new Dictionary<string, object?>()) },
            })]);
        }
        list.Add(own);
    }

    private static string Written(object? value) => value as string ?? Node(value)?.ToJsonString() ?? "null";

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        JsonElement element => JsonNode.Parse(element.GetRawText()),
        _ => JsonSerializer.SerializeToNode(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType())),
    };

    /// <summary>A float by its own digits, not those of the double that is next to it.</summary>
    private static decimal? Digits(float? value) => value is not { } number ? null
        : float.IsFinite(number) && MathF.Abs(number) < 1e9f ? (decimal)number
        : throw new ArgumentException($"The options hold the number {number}, which makes no sense.", nameof(value));

    private static void Set<T>(JsonObject body, string name, T? value)
        where T : struct
    {
        if (value is { } given)
            body[name] = JsonSerializer.SerializeToNode(given, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T)));
    }
}
