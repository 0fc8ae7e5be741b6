namespace Athanor.Inference.Constraints;

/// <summary>How constraints are made, and how far they may go.</summary>
public sealed record ConstraintOptions
{
    /// <summary>The tokens that end a text; null for the tokenizer's own end token.</summary>
    public IReadOnlyList<int>? EndTokens { get; init; }

    /// <summary>Special tokens whose text counts as text, such as a special &lt;tool_call&gt;; all other special tokens but the end are never allowed.</summary>
    public IReadOnlyList<int> TextTokens { get; init; } = [];

    /// <summary>Most white-space characters between two parts of JSON: without a bound models are known to write white space for ever.</summary>
    public int MaxWhiteSpace { get; init; } = 8;

    /// <summary>Most digits before the point of a JSON number.</summary>
    public int MaxDigits { get; init; } = 16;

    /// <summary>Most digits behind the point of a JSON number.</summary>
    public int MaxFractionDigits { get; init; } = 16;

    /// <summary>Most levels of arrays and objects where a schema says nothing about them.</summary>
    public int MaxDepth { get; init; } = 16;

    /// <summary>Whether keywords of a schema that cannot be enforced are passed over instead of refused.</summary>
    public bool IgnoreUnsupported { get; init; }

    /// <summary>Most states of the automaton: larger grammars, schemas and expressions are refused.</summary>
    public int MaxStates { get; init; } = 200_000;

    /// <summary>Most bytes that remembered positions and masks of one compiled constraint take; past it they are forgotten and built again.</summary>
    public long MaxCacheBytes { get; init; } = 64L << 20;
}
