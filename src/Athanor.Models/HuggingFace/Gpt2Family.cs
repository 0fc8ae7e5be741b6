using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>GPT-2: learned positions, layer norms, biases everywhere, matrices stored [in, out] (its Conv1D).</summary>
internal class Gpt2Family : Family
{
    public override string Name => "gpt2";

    public override string Architecture => "GPT2LMHeadModel";

    public override string Prefix => "transformer.";

    public override bool TiedByDefault => true;

    /// <summary>Matrices are stored [in, out].</summary>
    protected virtual bool Transposed => true;

    public override ModelConfig Read(ConfigReader reader)
    {
        reader.Ignore("n_ctx", "reorder_and_upcast_attn");
        reader.Only("scale_attn_weights", "true");
        reader.Only("scale_attn_by_inverse_layer_idx", "false");
        reader.Only("add_cross_attention", "false");
        return Sizes(reader) with { FeedForward = reader.Activation("activation_function", "gelu_new", gated: false) };
    }

    protected ModelConfig Sizes(ConfigReader reader)
    {
        int width = reader.Size("n_embd");
        return new ModelConfig
        {
            Family = Name,
            VocabularySize = reader.Size("vocab_size"),
            Width = width,
            Layers = reader.Size("n_layer"),
            Heads = reader.Size("n_head"),
            FeedForwardWidth = reader.Size("n_inner", 4 * width),
            ContextLength = reader.Size("n_positions", 1024),
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = (float)reader.Number("layer_norm_epsilon", 1e-5),
            QkvBias = true,
            AttentionOutputBias = true,
            FeedForwardBias = true,
            Position = PositionKind.Learned,
            TieEmbeddings = reader.Flag("tie_word_embeddings", TiedByDefault),
        };
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Activation("activation_function", config.FeedForward, gated: false);
    }

    protected static void WriteSizes(ModelConfig config, ConfigWriter writer)
    {
        writer.Set("vocab_size", config.VocabularySize);
        writer.Set("n_positions", config.ContextLength);
        if (writer.Has("n_ctx"))
            writer.Set("n_ctx", config.ContextLength);
        writer.Set("n_embd", config.Width);
        writer.Set("n_layer", config.Layers);
        writer.Set("n_head", config.Heads);
        if (config.FeedForwardWidth != 4 * config.Width || writer.Has("n_inner"))
            writer.Set("n_inner", config.FeedForwardWidth);
        writer.Set("layer_norm_epsilon", config.NormEpsilon);
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
            string layer = $"layers.{i}", name = $"transformer.h.{i}";
            map.Norm($"{layer}.norm1", $"{name}.ln_1");
            Qkv(map, layer, $"{name}.attn.c_attn");
            map.AttentionOutput(layer, $"{name}.attn.c_proj", Transposed);
            map.Norm($"{layer}.norm2", $"{name}.ln_2");
            // BTLM multiplies c_fc by silu(c_fc2).
            map.FeedForward(layer, config.Gated ? $"{name}.mlp.c_fc2" : null, $"{name}.mlp.c_fc", $"{name}.mlp.c_proj", Transposed);
        }
        map.Norm("norm", "transformer.ln_f");
        map.Head();
    }

    protected virtual void Qkv(WeightMap map, string layer, string name) => map.StackedQkv(layer, name, Transposed);

    public override bool IsBuffer(string name) => name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);
}
