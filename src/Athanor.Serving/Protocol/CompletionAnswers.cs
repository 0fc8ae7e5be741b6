using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>An event of a streamed answer of <c>/v1/completions</c>.</summary>
internal record CompletionAnswerBody(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices);

/// <summary>A whole answer, or an event where usage was asked for: OpenAI writes null in all but the last, whose choices are none.</summary>
internal sealed record CountedCompletionAnswerBody(
    string Id,
    string Object,
    long Created,
    string Model,
    IReadOnlyList<CompletionChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never), JsonPropertyOrder(1)] Usage? Usage) : CompletionAnswerBody(Id, Object, Created, Model, Choices);

internal sealed record CompletionChoice(
    int Index,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] CompletionLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>Log-probabilities in the older form: four lists side by side. Offsets count code points of the text, prompt included where it is echoed.</summary>
internal sealed record CompletionLogprobs(List<string> Tokens, List<double?> TokenLogprobs, List<IReadOnlyDictionary<string, double>?> TopLogprobs, List<int> TextOffset)
{
    public CompletionLogprobs()
        : this([], [], [], [])
    {
    }

    /// <summary>Takes the tokens that follow.</summary>
    public void Add(CompletionLogprobs more)
    {
        Tokens.AddRange(more.Tokens);
        TokenLogprobs.AddRange(more.TokenLogprobs);
        TopLogprobs.AddRange(more.TopLogprobs);
        TextOffset.AddRange(more.TextOffset);
    }
}
