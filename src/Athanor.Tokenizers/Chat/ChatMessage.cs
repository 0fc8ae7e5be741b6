using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>One message of a conversation in the form of OpenAI's API; fields that are not named here reach the template as they are.</summary>
public sealed class ChatMessage
{
    /// <summary>A message of text.</summary>
    public ChatMessage(string role, string content)
        : this(new JsonObject { ["role"] = role, ["content"] = content })
    {
    }

    private ChatMessage(JsonObject fields) => Fields = fields;

    /// <summary>All fields in their order, as the template sees them.</summary>
    public JsonObject Fields { get; }

    /// <summary>Who speaks: system, user, assistant, tool, or what else the template knows.</summary>
    public string Role => (string)Fields["role"]!;

    /// <summary>What is said: a string, an array of content parts, or null (an assistant that only calls tools).</summary>
    public JsonNode? Content => Fields["content"];

    /// <summary>The speaker's or tool's name, when given.</summary>
    public string? Name => Text("name");

    /// <summary>The tools that the assistant calls, when it does.</summary>
    public JsonArray? ToolCalls => Fields["tool_calls"] as JsonArray;

    /// <summary>The call that a tool's message answers, when given.</summary>
    public string? ToolCallId => Text("tool_call_id");

    /// <summary>A message from a JSON object, which must have a string <c>role</c>.</summary>
    /// <exception cref="ChatTemplateException">The role is missing, or a field has another type than OpenAI's.</exception>
    public static ChatMessage FromJson(JsonObject fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        try
        {
            if (fields["role"] is not JsonValue role || role.GetValueKind() != JsonValueKind.String)
                throw new ChatTemplateException("a message needs a field 'role' that is a string.");
            if (fields["content"] is { } content && content.GetValueKind() is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Null))
                throw new ChatTemplateException($"the content of a message is a string, an array of parts or null, not {content.GetValueKind()}.");
        }
        catch (ArgumentException error)
        {
            throw new ChatTemplateException($"a message has two fields of one name: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new ChatTemplateException($"a message has a string that is not text (half a surrogate pair): {error.Message}", error);
        }
        return new ChatMessage((JsonObject)fields.DeepClone());
    }

    /// <summary>The messages of a JSON array, or of the <c>messages</c> of an object.</summary>
    /// <exception cref="ChatTemplateException">The text is not JSON, or not of messages.</exception>
    public static IReadOnlyList<ChatMessage> ParseList(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
            if (root is JsonObject holder)
                root = holder["messages"];
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new ChatTemplateException($"the conversation is not JSON: {error.Message}", error);
        }
        if (root is not JsonArray array)
            throw new ChatTemplateException("a conversation is a JSON array of messages, or an object with such an array as 'messages'.");
        var messages = new List<ChatMessage>(array.Count);
        for (int i = 0; i < array.Count; i++)
        {
            try
            {
                messages.Add(FromJson(array[i] as JsonObject ?? throw new ChatTemplateException("a message is a JSON object.")));
            }
            catch (ChatTemplateException error)
            {
                throw new ChatTemplateException($"messages[{i}]: {error.Message}", error);
            }
        }
        return messages;
    }

    private string? Text(string field) => Fields[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
