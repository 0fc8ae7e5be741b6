using System.Text;
using System.Text.Json;

namespace Athanor.Data.Readers;

/// <summary>Finds the messages of a conversation in each of the forms it is exported in.</summary>
internal static class ChatMessages
{
    private const int Longest = 100_000;

    /// <summary>Roles and texts in order; messages without text are left out.</summary>
    /// <exception cref="JsonException">A role is unknown, or the tree of messages has a cycle.</exception>
    public static List<(string Role, string Content)> Of(JsonElement root)
    {
        var messages = new List<(string, string)>();
        if (root.ValueKind != JsonValueKind.Object)
            return messages;
        if (root.TryGetProperty("system", out JsonElement system) && system.ValueKind == JsonValueKind.String)
            Add(messages, "system", system.GetString()!);
        if (root.TryGetProperty("mapping", out JsonElement mapping) && mapping.ValueKind == JsonValueKind.Object)
            AddTree(messages, root, mapping);
        else if (root.TryGetProperty("messages", out JsonElement list) || root.TryGetProperty("conversations", out list) || root.TryGetProperty("conversation", out list))
        {
            foreach (JsonElement message in list.EnumerateArray())
            {
                string role = Text(message, "role") ?? Text(message, "from") ?? throw new JsonException("a message has neither 'role' nor 'from'");
                Add(messages, Role(role), message.TryGetProperty("content", out JsonElement content) || message.TryGetProperty("value", out content) ? Content(content) : "");
            }
        }
        return messages;
    }

    /// <summary>ChatGPT keeps all branches; the one that ends at the current message was last read.</summary>
    private static void AddTree(List<(string, string)> messages, JsonElement root, JsonElement mapping)
    {
        var branch = new Stack<(string, string)>();
        string? node = Text(root, "current_node") ?? mapping.EnumerateObject().Select(property => property.Name).LastOrDefault();
        for (int steps = 0; node is not null && mapping.TryGetProperty(node, out JsonElement at); node = Text(at, "parent"))
        {
            if (steps++ > Longest)
                throw new JsonException("the tree of messages has a cycle");
            if (at.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.Object && message.TryGetProperty("author", out JsonElement author) && message.TryGetProperty("content", out JsonElement content))
                branch.Push((Role(Text(author, "role") ?? ""), content.TryGetProperty("parts", out JsonElement parts) ? Content(parts) : Text(content, "text") ?? ""));
        }
        foreach ((string role, string content) in branch)
            Add(messages, role, content);
    }

    private static void Add(List<(string, string)> messages, string role, string content)
    {
        if (!string.IsNullOrWhiteSpace(content))
            messages.Add((role, content));
    }

    private static string Role(string role) => role.ToLowerInvariant() switch
    {
        "human" or "user" or "prompter" or "instruction" => "user",
        "gpt" or "assistant" or "bot" or "chatgpt" or "bard" or "bing" or "model" => "assistant",
        "system" or "developer" => "system",
        "tool" or "function" or "observation" or "function_call" or "function_response" => "tool",
        _ => throw new JsonException($"'{role}' is no role of a conversation"),
    };

    /// <summary>A text, or the texts among its parts; pictures and calls are left out.</summary>
    private static string Content(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString()!;
        if (content.ValueKind != JsonValueKind.Array)
            return "";
        var text = new StringBuilder();
        foreach (JsonElement part in content.EnumerateArray())
        {
            string? one = part.ValueKind == JsonValueKind.String ? part.GetString() : part.ValueKind == JsonValueKind.Object ? Text(part, "text") : null;
            if (!string.IsNullOrEmpty(one))
                text.Append(text.Length > 0 ? "\n" : "").Append(one);
        }
        return text.ToString();
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
