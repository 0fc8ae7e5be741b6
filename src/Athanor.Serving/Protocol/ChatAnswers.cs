using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>A whole answer of <c>/v1/chat/completions</c>.</summary>
internal sealed record ChatAnswerBody(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, Usage Usage);

internal sealed record ChatChoice(
    int Index,
    AssistantMessage Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ChatLogprobs? Logprobs,
    string FinishReason);

internal sealed record AssistantMessage(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    IReadOnlyList<ToolCallBody>? ToolCalls);

internal sealed record ToolCallBody(string Id, string Type, ToolCallFunction Function);

internal sealed record ToolCallFunction(string Name, string Arguments);

/// <summary>Log-probabilities of an answer's tokens.</summary>
internal sealed record ChatLogprobs(IReadOnlyList<TokenLogprob> Content);

internal sealed record TokenLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<TopLogprob> TopLogprobs);

internal sealed record TopLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes);

/// <summary>An event of a streamed answer of <c>/v1/chat/completions</c>.</summary>
internal record ChatChunkBody(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices);

/// <summary>An event where usage was asked for: OpenAI writes null in all but the last, whose choices are none.</summary>
internal sealed record CountedChatChunkBody(
    string Id,
    string Object,
    long Created,
    string Model,
    IReadOnlyList<ChatChunkChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never), JsonPropertyOrder(1)] Usage? Usage) : ChatChunkBody(Id, Object, Created, Model, Choices);

internal sealed record ChatChunkChoice(
    int Index,
    ChatDelta Delta,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ChatLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record ChatDelta(string? Role = null, string? Content = null, IReadOnlyList<ToolCallDelta>? ToolCalls = null);

internal sealed record ToolCallDelta(int Index, string? Id, string? Type, ToolFunctionDelta Function);

internal sealed record ToolFunctionDelta(string? Name, string Arguments);
