using Athanor.Models.Configuration;

namespace Athanor.Models.Accounting;

/// <summary>Floating-point operations of a token; a multiply-add counts as two.</summary>
public static class ModelFlops
{
    /// <summary>
    /// Training, the count of PaLM (arXiv 2204.02311, appendix B): 6N for the matrix products of forward and backward pass, and 12·H·K·T a layer for
    /// attention over T tokens (the window where it is shorter), its causal half not deducted.
    /// </summary>
    public static double TrainingPerToken(ModelConfig config, int sequence) =>
        6.0 * ModelSize.Of(config).MatrixParameters + 12.0 * config.Layers * config.Heads * config.HeadSize * Seen(config, sequence);

    /// <summary>Reading a prompt of <paramref name="length"/> tokens, all of it: 2N a token and exact causal attention.</summary>
    public static double Prompt(ModelConfig config, int length)
    {
        double window = Seen(config, length), pairs = window * (window + 1) / 2 + (length - window) * window;
        return 2.0 * ModelSize.Of(config).MatrixParameters * length + 4.0 * config.Layers * config.Heads * config.HeadSize * pairs;
    }

    /// <summary>One token after <paramref name="position"/> earlier ones, their keys and values cached.</summary>
    public static double Decoding(ModelConfig config, int position) =>
        2.0 * ModelSize.Of(config).MatrixParameters + 4.0 * config.Layers * config.Heads * config.HeadSize * Seen(config, position + 1);

    private static double Seen(ModelConfig config, int sequence) => config.SlidingWindow > 0 ? Math.Min(config.SlidingWindow, sequence) : sequence;
}
