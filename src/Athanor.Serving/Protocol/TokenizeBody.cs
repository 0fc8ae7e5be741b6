using System.Text.Json;
using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>A request to <c>/tokenize</c>: a text or a conversation.</summary>
internal sealed class TokenizeBody
{
    public string? Model { get; init; }

    public string? Prompt { get; init; }

    public JsonElement? Messages { get; init; }

    public JsonElement? Tools { get; init; }

    public bool? AddSpecialTokens { get; init; }

    public bool? ParseSpecial { get; init; }

    public bool? AddGenerationPrompt { get; init; }

    public bool? ContinueFinalMessage { get; init; }

    public JsonElement? ChatTemplateKwargs { get; init; }

    public bool? ReturnTokenStrs { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record TokenizeAnswer(int Count, int MaxModelLen, IReadOnlyList<int> Tokens, IReadOnlyList<string>? TokenStrs);

/// <summary>A request to <c>/detokenize</c>.</summary>
internal sealed class DetokenizeBody
{
    public string? Model { get; init; }

    public int[]? Tokens { get; init; }

    public bool? SkipSpecialTokens { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record DetokenizeAnswer(string Prompt);
