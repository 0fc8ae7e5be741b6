using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Models.Accounting;

/// <summary>Bytes of a model in use, from its settings alone.</summary>
/// <param name="Type">Storage of matrices, embeddings, keys and values; gains and biases are F32 in any case.</param>
/// <param name="Weights">All parameters.</param>
/// <param name="CachePerToken">Keys and values of a token in all layers: 2·L·Hkv·K elements.</param>
/// <param name="CacheOfContext">Those of a full context, or of the sliding window where it is shorter.</param>
public sealed record ModelMemory(DType Type, long Weights, long CachePerToken, long CacheOfContext)
{
    /// <summary>The memory of a model stored in a type.</summary>
    public static ModelMemory Of(ModelConfig config, DType type)
    {
        ArgumentNullException.ThrowIfNull(config);
        ModelSize size = ModelSize.Of(config);
        long vectors = size.Parameters - Matrices(config, size);
        long token = 2L * config.Layers * config.KeyValueHeads * config.HeadSize * type.Size();
        long positions = config.SlidingWindow > 0 ? Math.Min(config.SlidingWindow, config.ContextLength) : config.ContextLength;
        return new ModelMemory(type, (size.Parameters - vectors) * type.Size() + vectors * DType.F32.Size(), token, token * positions);
    }

    // The head counts among the matrices of a token even where it is the embedding; learned positions are rows that are looked up.
    private static long Matrices(ModelConfig config, ModelSize size) => size.MatrixParameters + (config.TieEmbeddings ? 0 : (long)config.VocabularySize * config.Width)
        + (config.Position == PositionKind.Learned ? (long)config.ContextLength * config.Width : 0);
}
