using System.Globalization;
using Athanor.Models.Configuration;

namespace Athanor.Models.Initialization;

/// <summary>A value that the dial decided.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Value">Its value.</param>
/// <param name="Rule">How it came about, with its source; "given" where it was set.</param>
public sealed record DerivedValue(string Name, string Value, string Rule);

/// <summary>A whole model from one number, its depth, by rules that are stated with each value.</summary>
/// <param name="Config">The settings.</param>
/// <param name="Derived">Every value and its rule, in the order of derivation.</param>
public sealed record ModelDesign(ModelConfig Config, IReadOnlyList<DerivedValue> Derived)
{
    private const int Aspect = 64, ShallowDepth = 8, TiedDepth = 12;

    /// <summary>Derives a model of <paramref name="depth"/> blocks for a vocabulary.</summary>
    /// <exception cref="ArgumentException">The family has no template, or the values make no model; every reason is named.</exception>
    public static ModelDesign FromDepth(int depth, int vocabularySize, ModelDesignOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        options ??= new ModelDesignOptions();
        var derived = new List<DerivedValue>();
        T Decide<T>(string name, T? given, T value, string rule) where T : struct
        {
            derived.Add(new DerivedValue(name, Convert.ToString(given ?? value, CultureInfo.InvariantCulture)!, given is null ? rule : "given"));
            return given ?? value;
        }
        derived.Add(new DerivedValue("family", options.Family, "given"));
        Decide("layers", null, depth, "the dial");
        Decide("vocabulary", null, vocabularySize, "the tokenizer's");
        int width = Decide("width", options.Width, Aspect * depth, "64 · depth: the aspect ratio of GPT-2 124M (768 / 12) and of nanochat at every depth");
        int headSize = Decide("head size", options.HeadSize, Math.Min(64, width), "64, kept at every width: GPT-2; under muP heads are added, not widened (arXiv 2203.03466)");
        if (width <= 0 || headSize <= 0 || width % headSize != 0)
            throw new ArgumentException($"The width {width} is no multiple of the head size {headSize}; change one.");
        int heads = Decide("heads", null, width / headSize, "width / head size");
        bool gated = options.Family != "gpt2";
        int shared = Decide("key heads", gated ? options.KeyValueHeads : heads, depth <= ShallowDepth ? heads : Shared(heads), gated
            ? $"as many as heads up to depth {ShallowDepth}; beyond, the fewest that divide them with at most 4 queries to a key (arXiv 2305.13245: quality stays, the cache shrinks)"
            : "as many as heads");
        int multiple = width < 512 ? 64 : 128;
        int inner = Decide("feed-forward width", options.FeedForwardWidth, gated ? (8 * width / 3 + multiple - 1) / multiple * multiple : 4 * width, gated
            ? $"8/3 · width, rounded up to a multiple of {multiple}: three matrices with the weights of two of 4 · width (arXiv 2002.05202), in whole tiles"
            : "4 · width (GPT-2)");
        int context = Decide("context", options.ContextLength, depth <= 4 ? 512 : depth <= 12 ? 1024 : 2048, "512 up to depth 4, 1024 up to depth 12 (GPT-2), 2048 beyond (nanochat)");
        bool tied = Decide("tied head", options.TieEmbeddings, !gated || depth <= TiedDepth, $"tied up to depth {TiedDepth}, where the embedding is a large share of all weights (GPT-2; arXiv 2402.14905)");
        ModelConfig config = Template(options.Family) with
        {
            VocabularySize = vocabularySize,
            Width = width,
            Layers = depth,
            Heads = heads,
            KeyValueHeads = shared,
            HeadSize = headSize,
            FeedForwardWidth = inner,
            ContextLength = context,
            TieEmbeddings = tied,
        };
        return new ModelDesign(config.Validated(), derived);
    }

    private static int Shared(int heads)
    {
        int shared = (heads + 3) / 4;
        while (heads % shared != 0)
            shared++;
        return shared;
    }

    private static ModelConfig Template(string family)
    {
        var llama = new ModelConfig { Family = family, VocabularySize = 1, Width = 1, Layers = 1, Heads = 1, FeedForwardWidth = 1, ContextLength = 1 };
        return family switch
        {
            "llama" or "mistral" => llama,
            "qwen2" => llama with { QkvBias = true },
            "qwen3" => llama with { QkNorm = QkNormKind.PerHead },
            "olmo2" => llama with { QkNorm = QkNormKind.FullWidth, Layout = BlockLayout.PostNorm },
            "gpt2" => llama with
            {
                Norm = NormKind.Layer,
                NormBias = true,
                FeedForward = FeedForwardKind.GeluTanh,
                QkvBias = true,
                AttentionOutputBias = true,
                FeedForwardBias = true,
                Position = PositionKind.Learned,
            },
            _ => throw new ArgumentException($"There is no template of the family '{family}'; there are llama, mistral, qwen2, qwen3, olmo2 and gpt2. Others are given by their config.json."),
        };
    }
}
