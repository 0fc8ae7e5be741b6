using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Llama 1, 2 and 3 (arXiv 2302.13971, 2307.09288, 2407.21783).</summary>
internal class LlamaFamily : Family
{
    public override string Name => "llama";

    public override string Architecture => "LlamaForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        reader.Only("pretraining_tp", "1");
        bool bias = reader.Flag("attention_bias", false);
        ModelConfig config = Sizes(reader, context: 2048, epsilon: 1e-6) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            QkvBias = bias,
            AttentionOutputBias = bias,
            FeedForwardBias = reader.Flag("mlp_bias", false),
        };
        return RopeKeys.Read(config, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Activation("hidden_act", config.FeedForward, gated: true);
        writer.Set("attention_bias", config.QkvBias, absent: false);
        writer.Set("mlp_bias", config.FeedForwardBias, absent: false);
        RopeKeys.Write(config, writer);
    }

    public override void Map(WeightMap map)
    {
        map.Embedding("model.embed_tokens.weight");
        for (int i = 0; i < map.Config.Layers; i++)
            Block(map, $"layers.{i}", $"model.layers.{i}");
        map.Norm("norm", "model.norm", GainLessOne);
        map.Head();
    }

    /// <summary>Gains are stored less 1.</summary>
    protected virtual bool GainLessOne => false;

    protected virtual void Block(WeightMap map, string layer, string name)
    {
        map.Norm($"{layer}.norm1", $"{name}.input_layernorm", GainLessOne);
        Matrices(map, layer, name);
        map.Norm($"{layer}.norm2", $"{name}.post_attention_layernorm", GainLessOne);
    }

    protected static void Matrices(WeightMap map, string layer, string name)
    {
        map.SeparateQkv(layer, $"{name}.self_attn.q_proj", $"{name}.self_attn.k_proj", $"{name}.self_attn.v_proj");
        if (map.Config.QkNorm != QkNormKind.None)
            map.QkNorm(layer, $"{name}.self_attn.q_norm.weight", $"{name}.self_attn.k_norm.weight");
        map.AttentionOutput(layer, $"{name}.self_attn.o_proj");
        map.FeedForward(layer, $"{name}.mlp.gate_proj", $"{name}.mlp.up_proj", $"{name}.mlp.down_proj");
    }

    /// <summary>The keys that Llama and its descendants share.</summary>
    protected ModelConfig Sizes(ConfigReader reader, int context, double epsilon, int? keyHeads = null, int? headSize = null)
    {
        int heads = reader.Size("num_attention_heads"), width = reader.Size("hidden_size");
        return new ModelConfig
        {
            Family = Name,
            VocabularySize = reader.Size("vocab_size"),
            Width = width,
            Layers = reader.Size("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = reader.Size("num_key_value_heads", keyHeads ?? heads),
            HeadSize = reader.Size("head_dim", headSize ?? Math.Max(1, width / heads)),
            FeedForwardWidth = reader.Size("intermediate_size"),
            ContextLength = reader.Size("max_position_embeddings", context),
            NormEpsilon = (float)reader.Number("rms_norm_eps", epsilon),
            TieEmbeddings = reader.Flag("tie_word_embeddings", TiedByDefault),
        };
    }

    protected static void WriteSizes(ModelConfig config, ConfigWriter writer)
    {
        writer.Set("vocab_size", config.VocabularySize);
        writer.Set("hidden_size", config.Width);
        writer.Set("intermediate_size", config.FeedForwardWidth);
        writer.Set("num_hidden_layers", config.Layers);
        writer.Set("num_attention_heads", config.Heads);
        writer.Set("num_key_value_heads", config.KeyValueHeads);
        if (config.HeadSize * config.Heads != config.Width || writer.Has("head_dim"))
            writer.Set("head_dim", config.HeadSize);
        writer.Set("max_position_embeddings", config.ContextLength);
        writer.Set("rms_norm_eps", config.NormEpsilon);
        writer.Set("tie_word_embeddings", config.TieEmbeddings);
    }
}
