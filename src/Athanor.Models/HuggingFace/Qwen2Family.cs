using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>Qwen 2 and 2.5: a Llama whose queries, keys and values have biases (arXiv 2407.10671).</summary>
internal class Qwen2Family : LlamaFamily
{
    public override string Name => "qwen2";

    public override string Architecture => "Qwen2ForCausalLM";

    public override ModelConfig Read(ConfigReader reader)
    {
        ModelConfig config = Sizes(reader, context: 32768, epsilon: 1e-6, keyHeads: 32) with
        {
            FeedForward = reader.Activation("hidden_act", "silu", gated: true),
            QkvBias = true,
        };
        return RopeKeys.Read(config with { SlidingWindow = Window(reader, config.Layers) }, reader);
    }

    public override void Write(ModelConfig config, ConfigWriter writer)
    {
        WriteSizes(config, writer);
        writer.Activation("hidden_act", config.FeedForward, gated: true);
        RopeKeys.Write(config, writer);
        WriteWindow(config, writer);
    }

    /// <summary>The window counts where use_sliding_window is set, from layer max_window_layers on; this decoder has it in all layers or in none.</summary>
    protected static int Window(ConfigReader reader, int layers)
    {
        int window = reader.Size("sliding_window", 4096), first = reader.Size("max_window_layers", 28, least: 0);
        reader.Ignore("layer_types");
        if (!reader.Flag("use_sliding_window", false) || first >= layers)
            return 0;
        if (first > 0)
            reader.Report($"max_window_layers is {first} of {layers}: a window in some layers only is not implemented; 0 or {layers} is");
        return window;
    }

    protected static void WriteWindow(ModelConfig config, ConfigWriter writer)
    {
        writer.Set("use_sliding_window", config.SlidingWindow > 0);
        if (config.SlidingWindow == 0)
            return;
        writer.Set("sliding_window", config.SlidingWindow);
        writer.Set("max_window_layers", 0);
    }
}
