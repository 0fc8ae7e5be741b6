using Athanor.Models.Configuration;

namespace Athanor.Inference.Gguf;

/// <summary>The architectures that are written and read, the plainest first.</summary>
internal static class GgufArchitectures
{
    public static IReadOnlyList<GgufArchitecture> All { get; } =
        [new LlamaArchitecture(), new Qwen2Architecture(), new Qwen3Architecture(), new GraniteArchitecture(), new GemmaArchitecture(), new Olmo2Architecture(), new Gpt2Architecture()];

    public static string Names => string.Join(", ", All.Select(architecture => architecture.Name));

    public static GgufArchitecture? Find(string name) => All.FirstOrDefault(architecture => architecture.Name == name);

    /// <summary>The architecture of llama.cpp's that computes what the settings say.</summary>
    /// <exception cref="NotSupportedException">There is none; the message says what the nearest cannot.</exception>
    public static GgufArchitecture For(ModelConfig config)
    {
        // A family of its own name comes first: its readers know it by that.
        GgufArchitecture[] order = [.. All.OrderByDescending(architecture => architecture.Name == config.Family)];
        if (Array.Find(order, architecture => architecture.Losses(config).Count == 0) is { } found)
            return found;
        GgufArchitecture nearest = order.MinBy(architecture => architecture.Losses(config).Count)!;
        throw new NotSupportedException($"No architecture of llama.cpp's computes this model: the nearest, {nearest.Name}, cannot say {string.Join(", ", nearest.Losses(config))}. Written are {Names}.");
    }

    // Options that no size decides are reset to the defaults, which are a Llama's.
    private static ModelConfig Unscaled(ModelConfig sizes) => sizes with { EmbeddingScale = 1, ResidualScale = 1, AttentionScale = null, LogitScale = 1 };

    private sealed class LlamaArchitecture : GgufArchitecture
    {
        public override string Name => "llama";

        public override bool Interleaved => true;

        protected override ModelConfig Options(ModelConfig sizes) => Unscaled(sizes);
    }

    private sealed class Qwen2Architecture : GgufArchitecture
    {
        public override string Name => "qwen2";

        protected override ModelConfig Options(ModelConfig sizes) => Unscaled(sizes) with { QkvBias = true, AttentionOutputBias = false, FeedForwardBias = false };
    }

    private sealed class Qwen3Architecture : GgufArchitecture
    {
        public override string Name => "qwen3";

        protected override ModelConfig Options(ModelConfig sizes) =>
            Unscaled(sizes) with { QkNorm = QkNormKind.PerHead, QkvBias = false, AttentionOutputBias = false, FeedForwardBias = false };
    }

    private sealed class GraniteArchitecture : GgufArchitecture
    {
        public override string Name => "granite";

        public override bool Interleaved => true;

        protected override ModelConfig Options(ModelConfig sizes) => sizes;

        public override void Write(ModelConfig config, GgufKeys keys)
        {
            base.Write(config, keys);
            keys.Add($"{Name}.embedding_scale", config.EmbeddingScale);
            keys.Add($"{Name}.residual_scale", config.ResidualScale);
            keys.Add($"{Name}.attention.scale", config.AttentionScale ?? 1 / MathF.Sqrt(config.HeadSize));
            keys.Add($"{Name}.logit_scale", 1 / config.LogitScale);
        }

        // A scale of 0 is how files say none.
        protected override ModelConfig Scales(ModelConfig config, GgufArchitectureReader reader) => config with
        {
            EmbeddingScale = (float)reader.Number("embedding_scale", 1) is var embedding and not 0 ? embedding : 1,
            ResidualScale = (float)reader.Number("residual_scale", 1) is var residual and not 0 ? residual : 1,
            AttentionScale = (float)reader.Number("attention.scale", 0) is var attention and not 0 ? attention : null,
            LogitScale = (float)reader.Number("logit_scale", 1) is var logit and not 0 ? 1 / logit : 1,
        };
    }

    private sealed class GemmaArchitecture : GgufArchitecture
    {
        public override string Name => "gemma";

        protected override ModelConfig Options(ModelConfig sizes) => Unscaled(sizes) with
        {
            FeedForward = FeedForwardKind.GeGluTanh,
            EmbeddingScale = MathF.Sqrt(sizes.Width),
            TieEmbeddings = true,
            QkvBias = false,
            AttentionOutputBias = false,
            FeedForwardBias = false,
        };
    }

    private sealed class Olmo2Architecture : GgufArchitecture
    {
        public override string Name => "olmo2";

        protected override ModelConfig Options(ModelConfig sizes) => Unscaled(sizes) with
        {
            Layout = BlockLayout.PostNorm,
            QkNorm = QkNormKind.FullWidth,
            TieEmbeddings = false,
            QkvBias = false,
            AttentionOutputBias = false,
            FeedForwardBias = false,
        };

        protected override void Block(GgufMap map, string name, string layer)
        {
            map.SeparateQkv(name, layer);
            map.AttentionOutput(name, layer);
            map.Norm($"{name}.post_attention_norm", $"{layer}.norm1");
            map.FeedForward(name, layer);
            map.Norm($"{name}.post_ffw_norm", $"{layer}.norm2");
        }
    }

    private sealed class Gpt2Architecture : GgufArchitecture
    {
        public override string Name => "gpt2";

        protected override string EpsilonKey => "attention.layer_norm_epsilon";

        protected override ModelConfig Options(ModelConfig sizes) => Unscaled(sizes) with
        {
            Norm = NormKind.Layer,
            NormBias = true,
            FeedForward = FeedForwardKind.GeluTanh,
            Position = PositionKind.Learned,
            RopeTheta = 10000,
            RopeScaling = null,
            QkvBias = true,
            AttentionOutputBias = true,
            FeedForwardBias = true,
        };

        public override void Map(GgufMap map)
        {
            map.Add("position_embd.weight", map.Config.ContextLength, map.Config.Width, "position_embedding.weight");
            base.Map(map);
        }

        protected override void Block(GgufMap map, string name, string layer)
        {
            map.Norm($"{name}.attn_norm", $"{layer}.norm1");
            map.StackedQkv(name, layer);
            map.AttentionOutput(name, layer);
            map.Norm($"{name}.ffn_norm", $"{layer}.norm2");
            map.FeedForward(name, layer);
        }
    }
}
