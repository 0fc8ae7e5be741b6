using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>Cuts a rendered conversation behind the text of its last message, as transformers does for <c>continue_final_message</c>.</summary>
internal static class FinalMessage
{
    public static RenderedChat Cut(RenderedChat chat, ChatMessage last)
    {
        string text = Text(last.Content) ?? throw new ChatTemplateException("the final message has no text to continue.");
        string trimmed = PythonText.Strip(text, null, 0), leading = PythonText.Strip(text, null, -1);
        int at = chat.Text.LastIndexOf(trimmed, StringComparison.Ordinal);
        if (at < 0)
            throw new ChatTemplateException("the final message does not appear in the rendered text: the template dropped or changed it, so it cannot be continued.");
        // White space at the message's end is kept where the template kept it.
        bool kept = leading == text && chat.Text.AsSpan(at).StartsWith(leading, StringComparison.Ordinal);
        int end = at + (kept ? leading.Length : trimmed.Length);
        var spans = new List<(int Start, int Length)>();
        foreach ((int start, int length) in chat.Generation)
        {
            if (start < end)
                spans.Add((start, Math.Min(length, end - start)));
        }
        return new RenderedChat(chat.Text[..end], spans);
    }

    private static string? Text(JsonNode? content) => content switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonArray parts => parts.OfType<JsonObject>().LastOrDefault(part => part["text"] is JsonValue)?["text"]?.GetValue<string>(),
        _ => null,
    };
}
