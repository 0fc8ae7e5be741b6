using Athanor.Inference.Sampling;

namespace Athanor.Inference.Generation;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop text or stop token did.</summary>
    Stop,

    /// <summary>As many tokens were written as were asked for, or as the model has room for.</summary>
    Length,
}

/// <summary>A generated token with its log-probability, where these were asked for.</summary>
/// <param name="Token">The id.</param>
/// <param name="LogProb">The logarithm of its probability under the model.</param>
/// <param name="Top">The likeliest tokens at this place, likeliest first.</param>
public sealed record ScoredToken(int Token, float LogProb, IReadOnlyList<TokenLogProb> Top);

/// <summary>What a request cost.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Those of them whose keys and values came from the prefix cache.</param>
/// <param name="GeneratedTokens">Tokens generated, over all candidates, end tokens included.</param>
/// <param name="DraftedTokens">Tokens that speculation proposed.</param>
/// <param name="AcceptedTokens">Those of them that were kept.</param>
public sealed record GenerationUsage(int PromptTokens, int CachedTokens, int GeneratedTokens, int DraftedTokens = 0, int AcceptedTokens = 0)
{
    /// <summary>How often the first, the second, … proposed place was asked, and right.</summary>
    public IReadOnlyList<SpeculatedPlace> Speculation { get; init; } = [];
}

/// <summary>Proposals for one place ahead.</summary>
/// <param name="Proposed">Steps in which it was proposed.</param>
/// <param name="Accepted">Those of them in which it was what was drawn.</param>
public readonly record struct SpeculatedPlace(int Proposed, int Accepted);

/// <summary>A part of an answer. The parts' texts in order are the whole text; characters come whole, and nothing of a stop text comes.</summary>
public sealed record GenerationChunk
{
    /// <summary>The candidate, from 0.</summary>
    public int Candidate { get; init; }

    /// <summary>Text that has become certain; may be empty while it is held back.</summary>
    public string Text { get; init; } = "";

    /// <summary>Tokens drawn since the last part, held back or not, without end tokens.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>The same tokens with log-probabilities, where these were asked for.</summary>
    public IReadOnlyList<ScoredToken> LogProbs { get; init; } = [];

    /// <summary>In the first part, where asked for: a score for each token of the prompt after the first.</summary>
    public IReadOnlyList<ScoredToken>? PromptLogProbs { get; init; }

    /// <summary>In the last part of a candidate: why it ended.</summary>
    public FinishReason? Finish { get; init; }

    /// <summary>The stop text or null: what ended the candidate.</summary>
    public string? StopText { get; init; }

    /// <summary>In the last part of all: what the request cost.</summary>
    public GenerationUsage? Usage { get; init; }
}
