using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Gemma 1: gated GELU, embeddings times √D, gains stored less 1, a tied head (arXiv 2403.08295).</summary>
internal sealed class GemmaFamily : LlamaFamily
{
    public override string Name => "gemma";

    public override string Architecture => "GemmaForCausalLM";

    public override bool TiedByDefault => true;

    protected override bool GainLessOne => true;

    public override ModelConfig Read(ConfigReader reader)
    {
        bool bias = reader.Flag("attention_bias", false);
        ModelConfig config = Sizes(reader, context: 8192, epsilon: 1e-6, keyHeads: 16, headSize: 256) with
        {
            // "gelu" of the first files always meant its tanh form.
            FeedForward = FeedForwardKind.GeGluTanh,
            QkvBias = bias,
            AttentionOutputBias = bias,
        };
        reader.Only("hidden_act", "gelu", "gelu_pytorch_tanh");
        reader.Only("hidden_activation", "gelu_pytorch_tanh");
        return RopeKeys.Read(config with { EmbeddingScale = MathF.Sqrt(config.Width) }, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Set("head_dim", config.HeadSize);
        if (!writer.Has("hidden_activation") && !writer.Has("hidden_act"))
            writer.Set("hidden_act", "gelu_pytorch_tanh");
        writer.Set("attention_bias", config.QkvBias, absent: false);
        RopeKeys.Write(config, writer);
    }
}
