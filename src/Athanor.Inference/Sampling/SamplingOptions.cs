namespace Athanor.Inference.Sampling;

/// <summary>How the next token is drawn from logits. The order: constraint mask, logit bias, penalties, temperature, top-k, typical, top-p, min-p.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 takes the likeliest token, of equal ones the lowest id.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k likeliest tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens whose probabilities reach p together, the one that reaches it among them (Holtzman et al. 2020, arXiv 1904.09751); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least so probable as this times the likeliest (arXiv 2407.01082); 0 for all.</summary>
    public double MinP { get; init; }

    /// <summary>Only the tokens whose surprise is nearest the entropy, until their probabilities reach this together (locally typical sampling, Meister et al. 2022, arXiv 2202.00666); 1 for all.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Logits of tokens that occurred, in the prompt too, are divided by this where positive and multiplied where negative (CTRL, arXiv 1909.05858); 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from logits of tokens that were generated.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from logits of tokens that were generated, once for each time.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of single tokens; −∞ forbids one.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The same seed, model and prompt give the same tokens, whatever else runs beside them; null draws a seed for the request.</summary>
    public long? Seed { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <param name="vocabulary">Ids below it may be biased; null leaves the ids unchecked.</param>
    /// <exception cref="ArgumentException">A value is impossible; the message names it and what is possible.</exception>
    public void Validate(int? vocabulary = null)
    {
        Require(Temperature is >= 0 and <= 100, nameof(Temperature), Temperature, "0 for the likeliest token, or up to 100");
        Require(TopK >= 0, nameof(TopK), TopK, "a number of tokens, or 0 for all");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "from 0 to 1");
        Require(TypicalP is > 0 and <= 1, nameof(TypicalP), TypicalP, "above 0 and at most 1");
        Require(RepetitionPenalty is > 0 and <= 100, nameof(RepetitionPenalty), RepetitionPenalty, "above 0 and at most 100; 1 for none");
        Require(PresencePenalty is >= -100 and <= 100, nameof(PresencePenalty), PresencePenalty, "from -100 to 100");
        Require(FrequencyPenalty is >= -100 and <= 100, nameof(FrequencyPenalty), FrequencyPenalty, "from -100 to 100");
        foreach ((int token, float bias) in LogitBias ?? new Dictionary<int, float>())
        {
            Require(token >= 0 && token < (vocabulary ?? int.MaxValue), nameof(LogitBias), token, vocabulary is { } size ? $"an id below {size}" : "an id");
            Require(!float.IsNaN(bias) && bias < float.PositiveInfinity, nameof(LogitBias), bias, "a finite number, or -infinity to forbid a token");
        }
    }

    private static void Require(bool holds, string name, double value, string possible)
    {
        if (!holds)
            throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} is {value}; give {possible}."), name);
    }
}
