using System.Globalization;
using Athanor.Models.Configuration;

namespace Athanor.Inference.Gguf;

/// <summary>
/// An architecture of llama.cpp's (<c>general.architecture</c>): its keys and tensor names, and which settings of a decoder it computes. Those that the keys do not say are the architecture's own.
/// </summary>
internal abstract class GgufArchitecture
{
    /// <summary><c>general.architecture</c>, also the start of its keys; the family of Hugging Face's has the same name.</summary>
    public abstract string Name { get; }

    /// <summary>Rotary pairs are neighbours; else halves of a head (llama.cpp, <c>llama_model_rope_type</c>).</summary>
    public virtual bool Interleaved => false;

    /// <summary>The key of the norm's epsilon.</summary>
    protected virtual string EpsilonKey => "attention.layer_norm_rms_epsilon";

    /// <summary>The settings that the architecture computes with these sizes; every option that is not a size is its own.</summary>
    protected abstract ModelConfig Options(ModelConfig sizes);

    /// <summary>The tensors.</summary>
    public virtual void Map(GgufMap map)
    {
        map.Embedding();
        for (int i = 0; i < map.Config.Layers; i++)
            Block(map, $"blk.{i}", $"layers.{i}");
        map.Output();
    }

    /// <summary>The tensors of a block.</summary>
    protected virtual void Block(GgufMap map, string name, string layer)
    {
        map.Norm($"{name}.attn_norm", $"{layer}.norm1");
        map.SeparateQkv(name, layer);
        map.AttentionOutput(name, layer);
        map.Norm($"{name}.ffn_norm", $"{layer}.norm2");
        map.FeedForward(name, layer);
    }

    /// <summary>The settings as a file of this architecture gives them back.</summary>
    public ModelConfig Said(ModelConfig config) => Options(Sizes(config)) with { Family = Name };

    /// <summary>Writes the architecture's keys.</summary>
    public virtual void Write(ModelConfig config, GgufKeys keys)
    {
        keys.Add($"{Name}.vocab_size", (uint)config.VocabularySize);
        keys.Add($"{Name}.context_length", (uint)config.ContextLength);
        keys.Add($"{Name}.embedding_length", (uint)config.Width);
        keys.Add($"{Name}.block_count", (uint)config.Layers);
        keys.Add($"{Name}.feed_forward_length", (uint)config.FeedForwardWidth);
        keys.Add($"{Name}.attention.head_count", (uint)config.Heads);
        keys.Add($"{Name}.attention.head_count_kv", (uint)config.KeyValueHeads);
        keys.Add($"{Name}.{EpsilonKey}", config.NormEpsilon);
        if (config.Position != PositionKind.Rotary)
            return;
        keys.Add($"{Name}.attention.key_length", (uint)config.HeadSize);
        keys.Add($"{Name}.attention.value_length", (uint)config.HeadSize);
        keys.Add($"{Name}.rope.dimension_count", (uint)config.RotarySize);
        keys.Add($"{Name}.rope.freq_base", (float)config.RopeTheta);
        if (config.RopeScaling is not { Kind: RopeScalingKind.Linear or RopeScalingKind.Yarn } scaling)
            return;
        keys.Add($"{Name}.rope.scaling.type", scaling.Kind == RopeScalingKind.Linear ? "linear" : "yarn");
        keys.Add($"{Name}.rope.scaling.factor", (float)scaling.Factor);
        if (scaling.OriginalContextLength is { } original)
            keys.Add($"{Name}.rope.scaling.original_context_length", (uint)original);
    }

    /// <summary>Reads the settings of a file.</summary>
    public ModelConfig Read(GgufArchitectureReader reader)
    {
        int heads = reader.Size("attention.head_count"), width = reader.Size("embedding_length");
        GgufTensor? embedding = reader.File.Find("token_embd.weight");
        int rows = embedding is { Shape: [var first, _] } ? (int)Math.Min(int.MaxValue, first) : 0;
        var sizes = new ModelConfig
        {
            VocabularySize = reader.Size("vocab_size", Math.Max(1, rows)),
            Width = width,
            Layers = reader.Size("block_count"),
            Heads = heads,
            KeyValueHeads = reader.Size("attention.head_count_kv", heads),
            HeadSize = reader.Size("attention.key_length", Math.Max(1, width / heads)),
            FeedForwardWidth = reader.Size("feed_forward_length"),
            ContextLength = reader.Size("context_length"),
            NormEpsilon = (float)reader.Number(EpsilonKey, 1e-5),
            RopeTheta = reader.Number("rope.freq_base", 10000),
            TieEmbeddings = reader.File.Find("output.weight") is null,
            QkvBias = reader.File.Find("blk.0.attn_q.bias") is not null || reader.File.Find("blk.0.attn_qkv.bias") is not null,
            AttentionOutputBias = reader.File.Find("blk.0.attn_output.bias") is not null,
            FeedForwardBias = reader.File.Find("blk.0.ffn_down.bias") is not null,
        };
        sizes = sizes with { RopeScaling = reader.Scaling(sizes) };
        reader.Same("attention.value_length", sizes.HeadSize, "values as wide as keys");
        reader.Same("rope.dimension_count", sizes.HeadSize, "heads that turn whole");
        return Scales(Options(sizes), reader) with { Family = Name, RopeInterleaved = Interleaved };
    }

    /// <summary>Settings that only this architecture has keys for.</summary>
    protected virtual ModelConfig Scales(ModelConfig config, GgufArchitectureReader reader) => config;

    /// <summary>What a file of this architecture could not say, as "Name = value"; empty when it says all.</summary>
    public IReadOnlyList<string> Losses(ModelConfig config)
    {
        ModelConfig said = Said(config);
        var losses = new List<string>();
        foreach (System.Reflection.PropertyInfo property in typeof(ModelConfig).GetProperties())
        {
            // Rotary pairs are reordered with the weights; the scale is compared below.
            if (property.Name is nameof(ModelConfig.Source) or nameof(ModelConfig.Family) or nameof(ModelConfig.RopeInterleaved) or nameof(ModelConfig.AttentionScale))
                continue;
            object? want = property.GetValue(config), have = property.GetValue(said);
            if (!Equals(want, have))
                losses.Add(string.Create(CultureInfo.InvariantCulture, $"{property.Name} = {want ?? "none"} (it computes {have ?? "none"})"));
        }
        float scale = config.AttentionScale ?? 1 / MathF.Sqrt(config.HeadSize), other = said.AttentionScale ?? 1 / MathF.Sqrt(config.HeadSize);
        if (MathF.Abs(scale - other) > 1e-6f * MathF.Abs(scale))
            losses.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(ModelConfig.AttentionScale)} = {scale} (it computes {other})"));
        if (config.RopeScaling is { } scaling && scaling.Kind is RopeScalingKind.DynamicNtk or RopeScalingKind.DynamicNtkSteps or RopeScalingKind.Ntk)
            losses.Add($"rope scaling by {scaling.Kind}");
        if (config.RopeScaling is { Kind: RopeScalingKind.Yarn } yarn && (yarn.AttentionFactor is not null || yarn.BetaFast != 32 || yarn.BetaSlow != 1))
            losses.Add("YaRN with other than its usual betas and factor");
        return losses;
    }

    private static ModelConfig Sizes(ModelConfig config) => new()
    {
        VocabularySize = config.VocabularySize,
        Width = config.Width,
        Layers = config.Layers,
        Heads = config.Heads,
        KeyValueHeads = config.KeyValueHeads,
        HeadSize = config.HeadSize,
        FeedForwardWidth = config.FeedForwardWidth,
        ContextLength = config.ContextLength,
        NormEpsilon = config.NormEpsilon,
        RopeTheta = config.RopeTheta,
        RopeScaling = config.RopeScaling,
        TieEmbeddings = config.TieEmbeddings,
        QkvBias = config.QkvBias,
        AttentionOutputBias = config.AttentionOutputBias,
        FeedForwardBias = config.FeedForwardBias,
        EmbeddingScale = config.EmbeddingScale,
        ResidualScale = config.ResidualScale,
        AttentionScale = config.AttentionScale,
        LogitScale = config.LogitScale,
    };
}
