using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>A conversation and all else that a chat template is told.</summary>
public sealed class ChatRequest
{
    /// <summary>The conversation.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The tools that the model may call, as JSON schemas in OpenAI's form; null for none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Whether the text ends where the assistant's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Whether the text ends within the last message, for the model to go on with it; excludes <see cref="AddGenerationPrompt"/>.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The token that begins a text; undefined in the template when null.</summary>
    public string? BosToken { get; init; }

    /// <summary>The token that ends a text; undefined in the template when null.</summary>
    public string? EosToken { get; init; }

    /// <summary>Other variables for the template (Hugging Face's <c>chat_template_kwargs</c>, other special tokens); they win over the ones above.</summary>
    public JsonObject? Extra { get; init; }

    /// <summary>The clock behind <c>strftime_now</c>; the system's when null.</summary>
    public TimeProvider? Clock { get; init; }

    internal void Check()
    {
        if (ContinueFinalMessage && AddGenerationPrompt)
            throw new ChatTemplateException("a text cannot both continue the final message and add a generation prompt; ask for one of them.");
        if (ContinueFinalMessage && Messages.Count == 0)
            throw new ChatTemplateException("there is no final message to continue.");
    }

    internal IEnumerable<KeyValuePair<string, object?>> Variables()
    {
        yield return new("messages", Messages);
        yield return new("tools", Tools);
        yield return new("documents", null);
        yield return new("add_generation_prompt", AddGenerationPrompt);
        if (BosToken is not null)
            yield return new("bos_token", BosToken);
        if (EosToken is not null)
            yield return new("eos_token", EosToken);
        foreach (KeyValuePair<string, JsonNode?> pair in Extra ?? [])
            yield return new(pair.Key, pair.Value);
    }
}
