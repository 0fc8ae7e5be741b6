using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>OpenAI's form of an error.</summary>
internal sealed record ErrorBody(ErrorFields Error);

internal sealed record ErrorFields(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
