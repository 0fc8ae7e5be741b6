using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>An answer of <c>/v1/completions</c>, whole or one event of a stream.</summary>
internal sealed record CompletionAnswerBody(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, Usage? Usage);

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
