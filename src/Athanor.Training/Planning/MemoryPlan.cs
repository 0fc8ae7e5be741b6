using Athanor.Models.Accounting;
using Athanor.Models.Configuration;

namespace Athanor.Training.Planning;

/// <summary>Which parts are spread over the ranks of data parallelism (Rajbhandari et al. 2019, arXiv 1910.02054).</summary>
public enum ZeroStage
{
    /// <summary>Nothing: every rank holds all.</summary>
    None = 0,

    /// <summary>Optimizer state.</summary>
    Optimizer = 1,

    /// <summary>Gradients too.</summary>
    Gradients = 2,

    /// <summary>Weights too.</summary>
    Weights = 3,
}

/// <summary>Bytes on one device while training in bfloat16 with Adam and float32 master weights.</summary>
/// <param name="Weights">2 bytes a parameter.</param>
/// <param name="Gradients">2 bytes a parameter.</param>
/// <param name="Optimizer">12 bytes a parameter: master weights and two moments.</param>
/// <param name="Activations">What the backward pass needs, in the micro-batch.</param>
/// <param name="Gathered">The layer whose weights are gathered at the moment, where weights are spread.</param>
public sealed record MemoryPlan(double Weights, double Gradients, double Optimizer, double Activations, double Gathered)
{
    /// <summary>All of it.</summary>
    public double Total => Weights + Gradients + Optimizer + Activations + Gathered;

    /// <summary>The memory of one device of several.</summary>
    /// <param name="config">The model.</param>
    /// <param name="stage">What is spread.</param>
    /// <param name="ranks">Over how many devices.</param>
    /// <param name="rows">Rows of a device's micro-batch.</param>
    /// <param name="sequence">Tokens of a row.</param>
    /// <param name="recompute">Whether only the inputs of layers are kept and one layer at a time is computed again.</param>
    public static MemoryPlan Of(ModelConfig config, ZeroStage stage, int ranks, int rows, int sequence, bool recompute)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        double parameters = ModelSize.Of(config).Parameters, spread = 1.0 / ranks, tokens = (double)rows * sequence;
        // In two bytes a token and layer: input, two norms, queries, keys, values, attention's output, and the inner width once, or thrice where it is gated.
        double inner = (config.Gated ? 3 : 2) * (double)config.FeedForwardWidth, heads = (double)config.Heads * config.HeadSize, shared = 2.0 * config.KeyValueHeads * config.HeadSize;
        double layer = 2 * tokens * (4.0 * config.Width + 2 * heads + shared + inner), kept = 2 * tokens * config.Width;
        double activations = recompute ? config.Layers * kept + layer : config.Layers * layer;
        double layerParameters = (parameters - (config.TieEmbeddings ? 1 : 2) * (double)config.VocabularySize * config.Width) / config.Layers;
        return new MemoryPlan(
            2 * parameters * (stage >= ZeroStage.Weights ? spread : 1),
            2 * parameters * (stage >= ZeroStage.Gradients ? spread : 1),
            12 * parameters * (stage >= ZeroStage.Optimizer ? spread : 1),
            activations,
            stage >= ZeroStage.Weights && ranks > 1 ? 2 * layerParameters : 0);
    }
}
