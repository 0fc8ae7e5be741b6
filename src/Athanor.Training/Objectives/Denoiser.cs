using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Objectives;

/// <summary>Kinds of denoisers, each announced by its own token.</summary>
public enum DenoiserMode
{
    /// <summary>Regular: short spans, little of the text.</summary>
    R,

    /// <summary>Sequential: the end of the text.</summary>
    S,

    /// <summary>Extreme: long spans, or much of the text.</summary>
    X,
}

/// <summary>One way to hide a part of a text.</summary>
public sealed record Denoiser
{
    /// <summary>The kind.</summary>
    public DenoiserMode Mode { get; init; }

    /// <summary>Mean length of spans, in tokens; not used by S.</summary>
    [Range(1, 1 << 20)]
    public double Span { get; init; } = 3;

    /// <summary>The share of tokens that is hidden; of S its mean.</summary>
    [Range(0, 0.9, MinimumIsExclusive = true)]
    public double Rate { get; init; } = 0.15;

    /// <summary>Weight in the mixture, by documents.</summary>
    [Range(0, 1e6)]
    public double Weight { get; init; } = 1;

    /// <summary>Spans that are hidden of a text of so many tokens: round(round(n · rate) / span), at least one.</summary>
    public int Spans(int tokens)
    {
        int noise = Noise(tokens);
        return Math.Clamp((int)Math.Round(noise / Span), 1, Math.Max(1, Math.Min(noise, tokens - noise)));
    }

    /// <summary>Tokens that are hidden of a text of so many: round(n · rate), at least one and never all.</summary>
    public int Noise(int tokens) => Math.Clamp((int)Math.Round(tokens * Rate), 1, Math.Max(1, tokens - 1));

    /// <summary>The mixture of UL2 (Tay et al. 2022, arXiv 2205.05131, table 1).</summary>
    public static IReadOnlyList<Denoiser> Published { get; } =
    [
        new() { Mode = DenoiserMode.R, Span = 3, Rate = 0.15 },
        new() { Mode = DenoiserMode.R, Span = 8, Rate = 0.15 },
        new() { Mode = DenoiserMode.S, Rate = 0.25 },
        new() { Mode = DenoiserMode.X, Span = 3, Rate = 0.5 },
        new() { Mode = DenoiserMode.X, Span = 8, Rate = 0.5 },
        new() { Mode = DenoiserMode.X, Span = 64, Rate = 0.15 },
        new() { Mode = DenoiserMode.X, Span = 64, Rate = 0.5 },
    ];
}
