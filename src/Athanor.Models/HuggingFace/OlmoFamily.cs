using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>OLMo 1: a Llama with layer norms that have no parameters, and clipped queries, keys and values (arXiv 2402.00838).</summary>
internal sealed class OlmoFamily : LlamaFamily
{
    public override string Name => "olmo";

    public override string Architecture => "OlmoForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        bool bias = reader.Flag("attention_bias", false);
        ModelConfig config = Sizes(reader, context: 2048, epsilon: 1e-5) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            Norm = NormKind.Layer,
            NormGain = false,
            NormEpsilon = 1e-5f,
            QkvBias = bias,
            AttentionOutputBias = bias,
            ClipQkv = (float)reader.Number("clip_qkv", 0),
        };
        return RopeKeys.Read(config, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        // The epsilon of these norms is fixed.
        writer.Root.Remove("rms_norm_eps");
        writer.Activation("hidden_act", config.FeedForward, gated: true);
        writer.Set("attention_bias", config.QkvBias, absent: false);
        writer.SetOrNull("clip_qkv", config.ClipQkv);
        RopeKeys.Write(config, writer);
    }
}
