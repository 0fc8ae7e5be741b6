using System.Text.Json;
using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>What requests for chats and for texts have in common: OpenAI's fields, and the further ones that servers of the field know.</summary>
internal abstract class GenerationBody
{
    public string? Model { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? TopK { get; init; }

    public double? MinP { get; init; }

    public double? TypicalP { get; init; }

    public double? RepetitionPenalty { get; init; }

    public double? PresencePenalty { get; init; }

    public double? FrequencyPenalty { get; init; }

    public JsonElement? LogitBias { get; init; }

    public long? Seed { get; init; }

    public int? N { get; init; }

    public int? MaxTokens { get; init; }

    public int? MinTokens { get; init; }

    public JsonElement? Stop { get; init; }

    public int[]? StopTokenIds { get; init; }

    public bool? IncludeStopStrInOutput { get; init; }

    public bool? IgnoreEos { get; init; }

    public bool? SkipSpecialTokens { get; init; }

    public bool? Stream { get; init; }

    public StreamOptions? StreamOptions { get; init; }

    public JsonElement? ResponseFormat { get; init; }

    public JsonElement? GuidedJson { get; init; }

    public string? GuidedRegex { get; init; }

    public string[]? GuidedChoice { get; init; }

    public string? GuidedGrammar { get; init; }

    /// <summary>vLLM's newer place of the four above.</summary>
    public JsonElement? StructuredOutputs { get; init; }

    public bool? UseBeamSearch { get; init; }

    public double? LengthPenalty { get; init; }

    public string? CacheSalt { get; init; }

    public int? Priority { get; init; }

    /// <summary>OpenAI's name of who asks; nothing here depends on it.</summary>
    public string? User { get; init; }

    /// <summary>OpenAI's notes on stored requests; nothing is stored here.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>Fields that are not known here.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed class StreamOptions
{
    public bool? IncludeUsage { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
