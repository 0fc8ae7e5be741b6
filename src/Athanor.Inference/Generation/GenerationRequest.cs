using Athanor.Inference.Constraints;
using Athanor.Inference.Sampling;

namespace Athanor.Inference.Generation;

/// <summary>A prompt in tokens and how to go on from it. Texts of equal requests are equal, whatever else the engine does at that time.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt, begin token included; not empty.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>How tokens are drawn. Candidate i of several draws with the seed + i.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Most tokens generated for each candidate; 0 only reads the prompt (<see cref="PromptLogProbs"/>).</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>End tokens are not drawn before so many tokens.</summary>
    public int MinTokens { get; init; }

    /// <summary>Texts that end the generation where they appear; nothing of them is given out, unless <see cref="IncludeStop"/>.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Tokens that end the generation, beside the model's own end tokens.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Whether a stop text that was found is given out.</summary>
    public bool IncludeStop { get; init; }

    /// <summary>Whether the model's end tokens are written like others.</summary>
    public bool IgnoreEnd { get; init; }

    /// <summary>Whether special tokens appear in the text.</summary>
    public bool ShowSpecial { get; init; }

    /// <summary>Texts given back.</summary>
    public int Candidates { get; init; } = 1;

    /// <summary>Texts drawn, of which the <see cref="Candidates"/> likeliest by mean log-probability are given back; 0 for as many as are given back. Not for streams.</summary>
    public int BestOf { get; init; }

    /// <summary>Beams of a beam search, which needs temperature 0; 0 for none. The <see cref="Candidates"/> likeliest ended texts by mean log-probability come at the end.</summary>
    public int Beams { get; init; }

    /// <summary>Log-probabilities of generated tokens are given out, with so many of the likeliest beside each; null for none.</summary>
    public int? LogProbs { get; init; }

    /// <summary>Log-probabilities of the prompt's tokens after the first, with so many of the likeliest beside each; null for none.</summary>
    public int? PromptLogProbs { get; init; }

    /// <summary>Makes what may come next, once for each text; null for anything.</summary>
    public Func<ITokenConstraint>? Constraint { get; init; }

    /// <summary>The name of a LoRA adapter that the engine has loaded; null for the model itself.</summary>
    public string? Adapter { get; init; }

    /// <summary>Requests share cached prefixes only with those of the same salt: nobody can learn from timing what others asked.</summary>
    public string? CacheSalt { get; init; }

    /// <summary>Lower goes first.</summary>
    public int Priority { get; init; }
}
