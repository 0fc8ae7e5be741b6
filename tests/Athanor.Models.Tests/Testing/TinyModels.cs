using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Testing;

/// <summary>Small models of random weights, large enough in scale that attention is not flat.</summary>
internal static class TinyModels
{
    public static ModelConfig Llama { get; } = new() { VocabularySize = 40, Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 48, ContextLength = 64 };

    public static Decoder Build(ModelConfig config, DType type = DType.F32) =>
        new(Device.Default, config, type, new InitialValues(Seed: 7, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false));

    public static int[] Ids(int count, int vocabulary = 40, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }
}
