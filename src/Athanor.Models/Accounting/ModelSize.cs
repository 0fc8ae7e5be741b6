using Athanor.Models.Configuration;

namespace Athanor.Models.Accounting;

/// <summary>Parameters of a part of the model.</summary>
public sealed record PartSize(string Part, long Parameters);

/// <summary>How large a model is, from its settings alone: a 405B is counted as fast as a toy.</summary>
public sealed record ModelSize
{
    /// <summary>Parameters by part: embedding, attention, feed-forward, norm, head.</summary>
    public required IReadOnlyList<PartSize> Parts { get; init; }

    /// <summary>All parameters; a tied embedding counts once.</summary>
    public required long Parameters { get; init; }

    /// <summary>N: weights that a token meets in matrix products, the head among them and the embedding look-up not.</summary>
    public required long MatrixParameters { get; init; }

    /// <summary>Counts a model.</summary>
    public static ModelSize Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        long width = config.Width, layers = config.Layers, query = (long)config.Heads * config.HeadSize, shared = (long)config.KeyValueHeads * config.HeadSize;
        long inner = config.FeedForwardWidth, vocabulary = config.VocabularySize;
        long attention = (query + 2 * shared) * width + query * width, feedForward = (config.Gated ? 3 : 2) * inner * width;
        long matrices = layers * (attention + feedForward) + vocabulary * width;
        long attentionBias = (config.QkvBias ? query + 2 * shared : 0) + (config.AttentionOutputBias ? width : 0);
        long feedForwardBias = config.FeedForwardBias ? (config.Gated ? 2 : 1) * inner + width : 0;
        long normSize = (config.NormGain ? width : 0) + (config.NormBias ? width : 0);
        long norms = normSize * (layers * (config.Layout == BlockLayout.ParallelSharedNorm ? 1 : 2) + 1) + layers * config.QkNorm switch
        {
            QkNormKind.PerHead => 2L * config.HeadSize,
            QkNormKind.FullWidth => query + shared,
            _ => 0,
        };
        long embedding = vocabulary * width + (config.Position == PositionKind.Learned ? (long)config.ContextLength * width : 0);
        PartSize[] parts =
        [
            new("embedding", embedding),
            new("attention", layers * (attention + attentionBias)),
            new("feed-forward", layers * (feedForward + feedForwardBias)),
            new("norm", norms),
            new("head", config.TieEmbeddings ? 0 : vocabulary * width),
        ];
        return new ModelSize { Parts = parts, Parameters = parts.Sum(part => part.Parameters), MatrixParameters = matrices };
    }
}
