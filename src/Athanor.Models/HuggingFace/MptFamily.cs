using System.Text.Json.Nodes;
using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>MPT: ALiBi, layer norms without biases, one matrix for queries, keys and values, optionally clipped (MosaicML's llm-foundry).</summary>
internal sealed class MptFamily : Family
{
    public override string Name => "mpt";

    public override string Architecture => "MptForCausalLM";

    public override string Prefix => "transformer.";

    public override bool TiedByDefault => true;

    public override ModelConfig Read(ConfigReader reader)
    {
        int width = reader.Size("d_model");
        reader.Only("no_bias", "true");
        reader.Only("norm_type", "low_precision_layernorm", "layernorm");
        reader.Only("embedding_fraction", "1");
        reader.Ignore("learned_pos_emb");
        double expansion = reader.Number("expansion_ratio", 4);
        if (expansion * width is < 1 or > 1 << 24 || expansion * width != Math.Floor(expansion * width))
            reader.Report($"expansion_ratio {expansion} of width {width} gives no whole feed-forward width");
        var config = new ModelConfig
        {
            Family = Name,
            VocabularySize = reader.Size("vocab_size"),
            Width = width,
            Layers = reader.Size("n_layers"),
            Heads = reader.Size("n_heads"),
            FeedForwardWidth = (int)Math.Clamp(expansion * width, 1, 1 << 24),
            ContextLength = reader.Size("max_seq_len", 2048),
            Norm = NormKind.Layer,
            NormEpsilon = (float)reader.Number("layer_norm_epsilon", 1e-5),
            FeedForward = FeedForwardKind.Gelu,
            Position = PositionKind.Learned,
            TieEmbeddings = reader.Flag("tie_word_embeddings", TiedByDefault),
        };
        if (reader.Has("logit_scale"))
            config = config with { LogitScale = reader.IsText("logit_scale") ? 1 / MathF.Sqrt(width) : (float)reader.Number("logit_scale", 1) };
        if (reader.IsText("logit_scale"))
            reader.Only("logit_scale", "inv_sqrt_d_model");
        if (reader.Part("attn_config") is not { } attention)
            return config;
        attention.Ignore("attn_pdrop", "attn_impl", "model_type");
        attention.Only("attn_type", "multihead_attention");
        attention.Only("qk_ln", "false");
        attention.Only("prefix_lm", "false");
        attention.Only("attn_uses_sequence_id", "false");
        config = config with
        {
            Position = attention.Flag("alibi", true) ? PositionKind.Alibi : PositionKind.Learned,
            AlibiMaxBias = (float)attention.Number("alibi_bias_max", 8),
            ClipQkv = (float)attention.Number("clip_qkv", 0),
            AttentionScale = attention.Has("softmax_scale") ? (float)attention.Number("softmax_scale", 1) : null,
        };
        attention.Finish([.. InertKeys.All]);
        return config;
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        writer.Set("vocab_size", config.VocabularySize);
        writer.Set("d_model", config.Width);
        writer.Set("n_layers", config.Layers);
        writer.Set("n_heads", config.Heads);
        writer.Set("expansion_ratio", config.FeedForwardWidth / (double)config.Width);
        writer.Set("max_seq_len", config.ContextLength);
        writer.Set("layer_norm_epsilon", config.NormEpsilon, absent: 1e-5f);
        writer.Set("no_bias", true);
        bool byWidth = writer.Root["logit_scale"] is JsonValue old && old.TryGetValue(out string? _) && config.LogitScale == 1 / MathF.Sqrt(config.Width);
        if (!byWidth && (config.LogitScale != 1 || writer.Has("logit_scale")))
            writer.Set("logit_scale", config.LogitScale);
        if (writer.Root["attn_config"] is not JsonObject part)
            writer.Root["attn_config"] = part = [];
        var attention = new ConfigWriter(part);
        attention.Set("alibi", config.Position == PositionKind.Alibi);
        attention.Set("alibi_bias_max", config.AlibiMaxBias, absent: 8);
        attention.SetOrNull("clip_qkv", config.ClipQkv);
        if (config.AttentionScale is { } scale)
            attention.Set("softmax_scale", scale);
        else if (attention.Has("softmax_scale"))
            part["softmax_scale"] = null;
        if (!config.TieEmbeddings || writer.Has("tie_word_embeddings"))
            writer.Set("tie_word_embeddings", config.TieEmbeddings);
    }

    public override void Map(WeightMap map)
    {
        ModelConfig config = map.Config;
        map.Embedding("transformer.wte.weight");
        if (config.Position == PositionKind.Learned)
            map.Whole("position_embedding.weight", "transformer.wpe.weight", config.ContextLength, config.Width);
        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"layers.{i}", name = $"transformer.blocks.{i}";
            map.Norm($"{layer}.norm1", $"{name}.norm_1");
            map.StackedQkv(layer, $"{name}.attn.Wqkv");
            map.AttentionOutput(layer, $"{name}.attn.out_proj");
            map.Norm($"{layer}.norm2", $"{name}.norm_2");
            map.FeedForward(layer, null, $"{name}.ffn.up_proj", $"{name}.ffn.down_proj");
        }
        map.Norm("norm", "transformer.norm_f");
        map.Head();
    }
}
