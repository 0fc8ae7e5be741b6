using Athanor.Models.Configuration;

namespace Athanor.Models.Initialization;

/// <summary>How weights start: normal numbers whose deviation depends on the role; gains start at 1, biases at 0.</summary>
/// <param name="Seed">The same seed gives the same bytes on every machine.</param>
/// <param name="Deviation">σ of embeddings and matrices (GPT-2: 0.02).</param>
/// <param name="EmbeddingDeviation">σ of embeddings, where it is another.</param>
/// <param name="ScaleResidual">Matrices onto the residual stream start smaller by √(2L), so that depth does not grow the stream (GPT-2).</param>
/// <param name="ZeroHead">An untied head starts at zero: all tokens equally likely.</param>
/// <param name="ZeroResidual">Matrices onto the residual stream start at zero: each block is the identity (modded-nanogpt).</param>
/// <param name="HiddenFactor">Factor of σ for matrices: 1/√m under muP for a width m times the base.</param>
/// <param name="FeedForwardFactor">The same for the matrix out of the feed-forward part, whose inner width may grow otherwise; null for <paramref name="HiddenFactor"/>.</param>
public sealed record InitialValues(
    ulong Seed = 1337, float Deviation = 0.02f, float? EmbeddingDeviation = null, bool ScaleResidual = true, bool ZeroHead = false, bool ZeroResidual = false,
    float HiddenFactor = 1, float? FeedForwardFactor = null)
{
    /// <summary>The deviation of a parameter's normal numbers; 0 for zeros.</summary>
    public float DeviationOf(ParameterRole role, ModelConfig config, bool feedForwardOutput = false) => role switch
    {
        ParameterRole.Embedding => EmbeddingDeviation ?? Deviation,
        ParameterRole.Head => ZeroHead ? 0 : Deviation,
        ParameterRole.Hidden => Deviation * HiddenFactor,
        ParameterRole.Residual when ZeroResidual => 0,
        ParameterRole.Residual => Deviation * (feedForwardOutput ? FeedForwardFactor ?? HiddenFactor : HiddenFactor) / (ScaleResidual ? MathF.Sqrt(2 * config.Layers) : 1),
        _ => 0,
    };
}
