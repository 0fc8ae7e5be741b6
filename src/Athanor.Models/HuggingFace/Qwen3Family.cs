using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Qwen 3: norms on the query and key of each head in place of Qwen 2's biases (arXiv 2505.09388).</summary>
internal sealed class Qwen3Family : Qwen2Family
{
    public override string Name => "qwen3";

    public override string Architecture => "Qwen3ForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        bool bias = reader.Flag("attention_bias", false);
        ModelConfig config = Sizes(reader, context: 32768, epsilon: 1e-6, keyHeads: 32, headSize: 128) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            QkvBias = bias,
            AttentionOutputBias = bias,
            QkNorm = QkNormKind.PerHead,
        };
        return RopeKeys.Read(config with { SlidingWindow = Window(reader, config.Layers) }, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        base.Write(config, writer);
        writer.Set("head_dim", config.HeadSize);
        writer.Set("attention_bias", config.QkvBias);
    }
}
