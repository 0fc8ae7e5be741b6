using Athanor.Inference.Constraints;
using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Inference.Scheduling;

namespace Athanor.Inference.Running;

/// <summary>A token of a beam with those before it, which beams share.</summary>
internal sealed record BeamToken(int Token, ScoredToken? Score, BeamToken? Before, int Length)
{
    /// <summary>The tokens in order.</summary>
    public IEnumerable<BeamToken> All()
    {
        var tokens = new BeamToken[Length];
        for (BeamToken? at = this; at is not null; at = at.Before)
            tokens[at.Length - 1] = at;
        return tokens;
    }
}

/// <summary>A text that a beam search follows.</summary>
internal sealed class Beam(Sequence sequence, TokenSampler sampler, ITokenConstraint? constraint, BeamToken? last, double sum)
{
    /// <summary>Where it is computed.</summary>
    public Sequence Sequence { get; } = sequence;

    /// <summary>What knows its penalties.</summary>
    public TokenSampler Sampler { get; } = sampler;

    /// <summary>What may come next.</summary>
    public ITokenConstraint? Constraint { get; } = constraint;

    /// <summary>Its last token; null at the prompt's end.</summary>
    public BeamToken? Last { get; } = last;

    /// <summary>The sum of its tokens' log-probabilities.</summary>
    public double Sum { get; } = sum;

    /// <summary>The likeliest tokens that may follow, likeliest first; null until its logits came.</summary>
    public List<BeamStep>? Next { get; set; }
}

/// <summary>A token that may follow a beam.</summary>
internal readonly record struct BeamStep(Beam Beam, int Token, double Sum, ScoredToken? Score);

/// <summary>A text that has ended.</summary>
/// <param name="Tokens">Its tokens, the end token not among them.</param>
/// <param name="Mean">The mean log-probability of its tokens, the end token among them.</param>
internal sealed record BeamText(BeamToken? Tokens, double Mean, FinishReason Finish);
