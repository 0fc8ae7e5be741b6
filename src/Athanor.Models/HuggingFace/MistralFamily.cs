using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Mistral 7B and its kin: a Llama with a sliding window (arXiv 2310.06825).</summary>
internal sealed class MistralFamily : LlamaFamily
{
    public override string Name => "mistral";

    public override string Architecture => "MistralForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        ModelConfig config = Sizes(reader, context: 4096 * 32, epsilon: 1e-6, keyHeads: 8) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            // Absent means 4096 in transformers, null none; files of this library say which.
            SlidingWindow = reader.Has("sliding_window") ? reader.Size("sliding_window") : reader.IsNull("sliding_window") ? 0 : 4096,
        };
        return RopeKeys.Read(config, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Activation("hidden_act", config.FeedForward, gated: true);
        RopeKeys.Write(config, writer);
        if (config.SlidingWindow > 0)
            writer.Set("sliding_window", config.SlidingWindow);
        else
            writer.Root["sliding_window"] = null;
    }
}
