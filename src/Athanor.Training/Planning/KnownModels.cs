using Athanor.Models.Configuration;

namespace Athanor.Training.Planning;

/// <summary>Sizes of published models, for plans.</summary>
public static class KnownModels
{
    /// <summary>Sizes by name.</summary>
    public static IReadOnlyDictionary<string, ModelConfig> All { get; } = new Dictionary<string, ModelConfig>(StringComparer.Ordinal)
    {
        ["gpt2-124m"] = new()
        {
            Family = "gpt2",
            VocabularySize = 50257,
            Width = 768,
            Layers = 12,
            Heads = 12,
            FeedForwardWidth = 3072,
            ContextLength = 1024,
            Norm = NormKind.Layer,
            NormBias = true,
            FeedForward = FeedForwardKind.GeluTanh,
            QkvBias = true,
            AttentionOutputBias = true,
            FeedForwardBias = true,
            Position = PositionKind.Learned,
            TieEmbeddings = true,
        },
        ["llama2-7b"] = Llama(32000, 4096, 32, 32, 32, 11008, 4096),
        ["llama2-70b"] = Llama(32000, 8192, 80, 64, 8, 28672, 4096),
        ["llama3-8b"] = Llama(128256, 4096, 32, 32, 8, 14336, 8192),
        ["llama3-70b"] = Llama(128256, 8192, 80, 64, 8, 28672, 8192),
        ["llama3-405b"] = Llama(128256, 16384, 126, 128, 8, 53248, 8192),
    };

    /// <summary>The sizes of a name.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static ModelConfig ByName(string name) => All.TryGetValue(name, out ModelConfig? config) ? config
        : throw new ArgumentException($"There is no model '{name}'. Choose {string.Join(", ", All.Keys)}, or give --layers and --width.", nameof(name));

    /// <summary>A Llama-like model of a depth: width 64 a layer, heads of 64, the inner width of SwiGLU 8/3 of the width.</summary>
    public static ModelConfig Sized(int layers, int? width, int vocabulary, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        int size = width ?? 64 * layers;
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 64, nameof(width));
        return Llama(vocabulary, size, layers, Math.Max(1, size / 64), Math.Max(1, size / 64), (size * 8 / 3 + 63) / 64 * 64, context);
    }

    private static ModelConfig Llama(int vocabulary, int width, int layers, int heads, int shared, int inner, int context) => new()
    {
        VocabularySize = vocabulary,
        Width = width,
        Layers = layers,
        Heads = heads,
        KeyValueHeads = shared,
        FeedForwardWidth = inner,
        ContextLength = context,
    };
}
