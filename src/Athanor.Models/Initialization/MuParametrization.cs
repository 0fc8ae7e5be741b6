using Athanor.Models.Configuration;
using Athanor.Models.Layers;

namespace Athanor.Models.Initialization;

/// <summary>
/// muP for Adam-like optimizers (arXiv 2203.03466): scales of the forward pass, initial values and learning rates under which settings tuned at a base width
/// keep their optimum at any width. With m = D / D_base and m_ff = F / F_base; the table is that of Cerebras' model zoo (arXiv 2304.03208, appendix G).
/// </summary>
/// <param name="BaseWidth">D_base: the width that was tuned.</param>
/// <param name="BaseFeedForwardWidth">F_base: the feed-forward width there; null where it is as many times the width as in the model.</param>
/// <param name="EmbeddingScale">α_in: factor of the embeddings, tuned at the base (Cerebras-GPT 10, BTLM 14.6).</param>
/// <param name="OutputScale">α_out: factor of the logits beside 1/m, tuned at the base (Cerebras-GPT 1, BTLM 2.22).</param>
/// <param name="AttentionFactor">α of the scores' scale α/K; 8 keeps 1/√K of heads of 64; null keeps the model's, as heads that keep their size may.</param>
/// <param name="ZeroHead">An untied head starts at zero, which removes its transient from the coordinate check.</param>
public sealed record MuParametrization(int BaseWidth, int? BaseFeedForwardWidth, float EmbeddingScale = 1, double OutputScale = 1, float? AttentionFactor = 1, bool ZeroHead = false)
{
    /// <summary>m: width over base width.</summary>
    public double WidthMultiplier(ModelConfig config) => (double)Checked(config).Width / Positive(BaseWidth);

    /// <summary>m_ff: feed-forward width over base feed-forward width.</summary>
    public double FeedForwardMultiplier(ModelConfig config) =>
        BaseFeedForwardWidth is { } width ? (double)Checked(config).FeedForwardWidth / Positive(width) : WidthMultiplier(config);

    /// <summary>The settings with the scales of the forward pass: embeddings α_in, scores α/K, logits α_out/m.</summary>
    public ModelConfig Apply(ModelConfig config) => Checked(config) with
    {
        EmbeddingScale = EmbeddingScale,
        AttentionScale = AttentionFactor is { } factor ? factor / config.HeadSize : config.AttentionScale,
        LogitScale = (float)(OutputScale / WidthMultiplier(config)),
    };

    /// <summary>Initial values: deviations of matrices fall with 1/√m, that out of the feed-forward part with 1/√m_ff; embeddings and head keep theirs.</summary>
    public InitialValues Apply(InitialValues values, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values with
        {
            HiddenFactor = (float)(1 / Math.Sqrt(WidthMultiplier(config))),
            FeedForwardFactor = (float)(1 / Math.Sqrt(FeedForwardMultiplier(config))),
            ZeroHead = values.ZeroHead || ZeroHead,
        };
    }

    /// <summary>Factor of the learning rate: 1/m for matrices, 1/m_ff for those out of the feed-forward part, 1 for embeddings, head, gains and biases.</summary>
    public double LearningRateFactor(ModelParameter parameter, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.Role is ParameterRole.Hidden or ParameterRole.Residual
            ? 1 / (parameter.FeedForwardOutput ? FeedForwardMultiplier(config) : WidthMultiplier(config))
            : 1;
    }

    /// <summary>
    /// Factor of the weight decay where the optimizer multiplies it by the learning rate: the inverse of <see cref="LearningRateFactor"/>, so that each step
    /// takes the same share of a weight at every width (mup's MuAdamW). Forgetting it shifts the optimum without showing in the coordinate check.
    /// </summary>
    public double WeightDecayFactor(ModelParameter parameter, ModelConfig config) => 1 / LearningRateFactor(parameter, config);

    private static int Positive(int value) => value > 0 ? value : throw new ArgumentException($"muP's base width and base feed-forward width must be above 0; {value} was given.");

    private static ModelConfig Checked(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config;
    }
}
