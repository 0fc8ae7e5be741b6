using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>OLMo 2: norms behind attention and feed-forward part, and on all queries and all keys together (arXiv 2501.00656).</summary>
internal sealed class Olmo2Family : LlamaFamily
{
    public override string Name => "olmo2";

    public override string Architecture => "Olmo2ForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        bool bias = reader.Flag("attention_bias", false);
        ModelConfig config = Sizes(reader, context: 2048, epsilon: 1e-5) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            Layout = BlockLayout.PostNorm,
            QkNorm = QkNormKind.FullWidth,
            QkvBias = bias,
            AttentionOutputBias = bias,
        };
        return RopeKeys.Read(config, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Activation("hidden_act", config.FeedForward, gated: true);
        writer.Set("attention_bias", config.QkvBias, absent: false);
        RopeKeys.Write(config, writer);
    }

    protected override void Block(WeightMap map, string layer, string name)
    {
        Matrices(map, layer, name);
        map.Norm($"{layer}.norm1", $"{name}.post_attention_layernorm");
        map.Norm($"{layer}.norm2", $"{name}.post_feedforward_layernorm");
    }
}
