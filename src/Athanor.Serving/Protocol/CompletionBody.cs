using System.Text.Json;

namespace Athanor.Serving.Protocol;

/// <summary>A request to <c>/v1/completions</c>.</summary>
internal sealed class CompletionBody : GenerationBody
{
    public JsonElement? Prompt { get; init; }

    public string? Suffix { get; init; }

    public bool? Echo { get; init; }

    public int? BestOf { get; init; }

    public int? Logprobs { get; init; }

    public bool? AddSpecialTokens { get; init; }

    public bool? ParseSpecial { get; init; }
}
