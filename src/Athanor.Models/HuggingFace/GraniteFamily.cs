using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Granite 3: a Llama with the factors of muP, and so the family to publish a Llama trained under it.</summary>
internal sealed class GraniteFamily : LlamaFamily
{
    public override string Name => "granite";

    public override string Architecture => "GraniteForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        double divisor = reader.Number("logits_scaling", 1);
        if (divisor == 0)
            reader.Report("logits_scaling is 0; logits are divided by it");
        return base.Read(reader) with
        {
            EmbeddingScale = (float)reader.Number("embedding_multiplier", 1),
            ResidualScale = (float)reader.Number("residual_multiplier", 1),
            AttentionScale = (float)reader.Number("attention_multiplier", 1),
            LogitScale = (float)(1 / divisor),
        };
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        base.Write(config, writer);
        writer.Set("embedding_multiplier", config.EmbeddingScale);
        writer.Set("residual_multiplier", config.ResidualScale);
        writer.Set("attention_multiplier", config.AttentionScale ?? 1 / MathF.Sqrt(config.HeadSize));
        writer.Set("logits_scaling", 1.0 / config.LogitScale);
    }
}
