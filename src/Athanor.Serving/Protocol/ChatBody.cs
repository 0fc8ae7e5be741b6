using System.Text.Json;

namespace Athanor.Serving.Protocol;

/// <summary>A request to <c>/v1/chat/completions</c>.</summary>
internal sealed class ChatBody : GenerationBody
{
    public JsonElement? Messages { get; init; }

    public int? MaxCompletionTokens { get; init; }

    public bool? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }

    public bool? ParallelToolCalls { get; init; }

    public string? ReasoningEffort { get; init; }

    public bool? AddGenerationPrompt { get; init; }

    public bool? ContinueFinalMessage { get; init; }

    public JsonElement? ChatTemplateKwargs { get; init; }
}
