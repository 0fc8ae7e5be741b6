using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>BTLM 3B: a GPT-2 with ALiBi, SwiGLU and the scales of muP (arXiv 2309.11568).</summary>
internal sealed class BtlmFamily : Gpt2Family
{
    public override string Name => "btlm";

    public override string Architecture => "BTLMLMHeadModel";

    public override ModelConfig Read(ConfigReader reader)
    {
        reader.Ignore("n_ctx", "reorder_and_upcast_attn");
        reader.Only("scale_attn_weights", "true");
        reader.Only("scale_attn_by_inverse_layer_idx", "false");
        reader.Only("add_cross_attention", "false");
        reader.Only("position_embedding_type", "alibi", "learned");
        ModelConfig config = Sizes(reader);
        bool gated = reader.Text("activation_function", "gelu_new") == "swiglu", byHead = reader.Flag("mup_scale_qk_dot_by_d", false);
        return config with
        {
            FeedForward = gated ? FeedForwardKind.SwiGlu : reader.Activation("activation_function", "gelu_new", gated: false),
            Position = reader.Text("position_embedding_type", "learned") == "alibi" ? PositionKind.Alibi : PositionKind.Learned,
            EmbeddingScale = (float)reader.Number("mup_embeddings_scale", 1),
            LogitScale = (float)(reader.Number("mup_output_alpha", 1) * reader.Number("mup_width_scale", 1)),
            AttentionScale = byHead ? 1f / config.HeadSize : null,
        };
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        if (config.Gated)
            writer.Set("activation_function", "swiglu");
        else
            writer.Activation("activation_function", config.FeedForward, gated: false);
        writer.Set("position_embedding_type", config.Position == PositionKind.Alibi ? "alibi" : "learned");
        writer.Set("mup_embeddings_scale", config.EmbeddingScale);
        // Width scale and output scale count as a product; the width scale of a file stays.
        double width = writer.Root["mup_width_scale"] is { } given ? (double)given : 1;
        if ((float)((writer.Root["mup_output_alpha"] is { } alpha ? (double)alpha : 1) * width) != config.LogitScale)
            writer.Set("mup_output_alpha", config.LogitScale / width);
        writer.Set("mup_scale_qk_dot_by_d", config.AttentionScale == 1f / config.HeadSize);
    }

    public override bool IsBuffer(string name) => base.IsBuffer(name) || name.EndsWith("relative_pe.slopes", StringComparison.Ordinal);
}
