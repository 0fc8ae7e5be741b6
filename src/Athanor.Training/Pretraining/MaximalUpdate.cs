using System.ComponentModel.DataAnnotations;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;

namespace Athanor.Training.Pretraining;

/// <summary>
/// Maximal update parametrization (Yang et al. 2022, arXiv 2203.03466; table of Cerebras-GPT, arXiv 2304.03208): with m = D / base, matrices of blocks start with σ/√m and learn with η/m, their
/// weight decay times m so that η·λ stays; logits are divided by m; embeddings, gains, biases and the head keep η. Tune at the base width, then train any width. Heads keep their size, so attention
/// scores keep their scale. For optimizers of Adam's kind.
/// </summary>
public sealed record MaximalUpdate
{
    /// <summary>The width at which learning rate and deviation were tuned.</summary>
    [Range(1, 1 << 20)]
    public int BaseWidth { get; init; } = 256;

    /// <summary>The feed-forward width there; null: as many times the width as in the model.</summary>
    public int? BaseFeedForwardWidth { get; init; }

    /// <summary>Factor of the embeddings.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Factor of the logits, beside 1/m.</summary>
    public double OutputScale { get; init; } = 1;

    /// <summary>m.</summary>
    public double Ratio(ModelConfig config) => Rules.WidthMultiplier(config);

    /// <summary>The model's settings under muP.</summary>
    public ModelConfig Apply(ModelConfig config) => Rules.Apply(config);

    /// <summary>Initial values under muP.</summary>
    public InitialValues Apply(InitialValues values, ModelConfig config) => Rules.Apply(values, config);

    /// <summary>The factor of a parameter's learning rate.</summary>
    public double LearningRateFactor(ModelParameter parameter, ModelConfig config) => Rules.LearningRateFactor(parameter, config);

    private MuParametrization Rules => new(BaseWidth, BaseFeedForwardWidth, (float)EmbeddingScale, OutputScale, AttentionFactor: null);
}
