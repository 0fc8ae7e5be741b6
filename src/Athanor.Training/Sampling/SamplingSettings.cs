using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;

namespace Athanor.Training.Sampling;

/// <summary>How the next token is chosen. The order: penalties, temperature, top-k, typical, top-p, min-p.</summary>
public sealed record SamplingSettings : IValidated
{
    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    [Range(0, 100)]
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only the k likeliest tokens; 0 for all.</summary>
    [Range(0, int.MaxValue)]
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens whose probabilities reach p together, the one that reaches it among them (Holtzman et al. 2020, arXiv 1904.09751); 1 for all.</summary>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least so probable as this times the likeliest (arXiv 2407.01082); 0 for all.</summary>
    [Range(0, 1)]
    public double MinP { get; init; }

    /// <summary>Only the tokens whose surprise is nearest the entropy, until their probabilities reach this together (Meister et al. 2022, arXiv 2202.00666); 1 for all.</summary>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double TypicalP { get; init; } = 1;

    /// <summary>Logits of tokens that occurred are divided by this where positive and multiplied where negative (CTRL, arXiv 1909.05858); 1 for none.</summary>
    [Range(0, 100, MinimumIsExclusive = true)]
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from logits of tokens that were generated.</summary>
    [Range(-100, 100)]
    public double PresencePenalty { get; init; }

    /// <summary>Taken from logits of tokens that were generated, once for each time.</summary>
    [Range(-100, 100)]
    public double FrequencyPenalty { get; init; }

    /// <summary>Texts that end the generation where they appear; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Most tokens generated.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 128;

    /// <summary>The same seed, model and prompt give the same text.</summary>
    public long Seed { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Temperature == 0 || Temperature >= 0.01, nameof(Temperature), $"A temperature of {Temperature} is too near 0.", "Write 0 for the likeliest token.");
        check.Require(Stop.All(text => text.Length > 0), nameof(Stop), "A stop text is empty.", "Leave it out.");
    }
}
