using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Qwen 1: biased queries, keys and values; beyond the trained length dynamic NTK and LogN attention (arXiv 2309.16609).</summary>
internal sealed class QwenFamily : Family
{
    public override string Name => "qwen";

    public override string Architecture => "QWenLMHeadModel";

    public override string Prefix => "transformer.";

    public override ModelConfig Read(ConfigReader reader)
    {
        reader.Ignore("bf16", "fp16", "fp32", "max_position_embeddings", "use_dynamic_ntk", "softmax_in_fp32", "use_cache_quantization", "use_cache_kernel", "apply_residual_connection_post_layernorm", "onnx_safe", "pos_emb", "position_embedding_type", "n_inner", "ffn_hidden_size", "padded_vocab_size", "rotary_base", "params_dtype");
        reader.Only("no_bias", "true");
        reader.Only("scale_attn_weights", "true");
        reader.Only("apply_residual_connection_post_layernorm", "false");
        int heads = reader.Size("num_attention_heads"), inner = reader.Size("intermediate_size", least: 2);
        return new ModelConfig
        {
            Family = Name,
            VocabularySize = reader.Size("vocab_size"),
            Width = reader.Size("hidden_size"),
            Layers = reader.Size("num_hidden_layers"),
            Heads = heads,
            HeadSize = reader.Size("kv_channels", 128),
            // The file counts gate and up together.
            FeedForwardWidth = inner / 2,
            ContextLength = reader.Size("seq_length", 8192),
            NormEpsilon = (float)reader.Number("layer_norm_epsilon", 1e-6),
            QkvBias = true,
            RopeTheta = reader.Number("rotary_emb_base", 10000),
            RotaryShare = reader.Number("rotary_pct", 1),
            RopeScaling = reader.Flag("use_dynamic_ntk", true) ? new RopeScaling { Kind = RopeScalingKind.DynamicNtkSteps } : null,
            LogNAttention = reader.Flag("use_logn_attn", true),
            TieEmbeddings = reader.Flag("tie_word_embeddings", TiedByDefault),
        };
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        writer.Set("vocab_size", config.VocabularySize);
        writer.Set("hidden_size", config.Width);
        writer.Set("num_hidden_layers", config.Layers);
        writer.Set("num_attention_heads", config.Heads);
        writer.Set("kv_channels", config.HeadSize);
        writer.Set("intermediate_size", 2 * config.FeedForwardWidth);
        writer.Set("seq_length", config.ContextLength);
        writer.Set("layer_norm_epsilon", config.NormEpsilon);
        writer.Set("no_bias", true);
        writer.Set("rotary_emb_base", config.RopeTheta);
        writer.Set("rotary_pct", config.RotaryShare);
        writer.Set("use_dynamic_ntk", config.RopeScaling is not null);
        writer.Set("use_logn_attn", config.LogNAttention);
        writer.Set("tie_word_embeddings", config.TieEmbeddings);
    }

    public override void Map(WeightMap map)
    {
        map.Embedding("transformer.wte.weight");
        for (int i = 0; i < map.Config.Layers; i++)
        {
            string layer = $"layers.{i}", name = $"transformer.h.{i}";
            map.Norm($"{layer}.norm1", $"{name}.ln_1");
            map.StackedQkv(layer, $"{name}.attn.c_attn");
            map.AttentionOutput(layer, $"{name}.attn.c_proj");
            map.Norm($"{layer}.norm2", $"{name}.ln_2");
            // w1 is multiplied by silu(w2).
            map.FeedForward(layer, $"{name}.mlp.w2", $"{name}.mlp.w1", $"{name}.mlp.c_proj");
        }
        map.Norm("norm", "transformer.ln_f");
        map.Head();
    }
}
