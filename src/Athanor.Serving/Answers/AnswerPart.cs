using Athanor.Inference.Generation;
using Athanor.Serving.Chat;

namespace Athanor.Serving.Answers;

/// <summary>The next thing that an answer consists of. Streams send the parts one by one; whole answers are the same parts put together.</summary>
internal readonly record struct AnswerPart
{
    /// <summary>The choice, from 0.</summary>
    public int Choice { get; init; }

    /// <summary>Text; empty in parts of calls.</summary>
    public string Text { get; init; }

    /// <summary>A part of a tool call, or null.</summary>
    public CallPart? Call { get; init; }

    /// <summary>Tokens that came with this part, where log-probabilities were asked for.</summary>
    public IReadOnlyList<ScoredToken> LogProbs { get; init; }

    /// <summary>In a choice's last part: why it ended, in OpenAI's word.</summary>
    public string? Finish { get; init; }
}
