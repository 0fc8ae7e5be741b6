namespace Athanor.Training.Sampling;

/// <summary>Why a text ended.</summary>
public enum EndReason
{
    /// <summary>The model ended it by an end token, or began another document.</summary>
    End,

    /// <summary>A stop text appeared.</summary>
    Stop,

    /// <summary>As many tokens were written as were asked for, or as the model has positions for.</summary>
    Length,
}

/// <summary>A text that a model wrote.</summary>
/// <param name="PromptTokens">How many tokens it goes on from.</param>
/// <param name="Tokens">Generated ids, without the end token; those of a stop text are among them.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Text">What they add to the prompt, up to a stop text.</param>
public sealed record GeneratedText(int PromptTokens, IReadOnlyList<int> Tokens, EndReason Reason, string Text)
{
    /// <summary>Whether the model ended it itself.</summary>
    public bool Ended => Reason == EndReason.End;
}
