namespace Athanor.Models.Configuration;

/// <summary>A kind of norm.</summary>
public enum NormKind
{
    /// <summary>x / √(mean x² + ε), arXiv 1910.07467.</summary>
    Rms,

    /// <summary>(x − mean) / √(variance + ε), arXiv 1607.06450.</summary>
    Layer,
}

/// <summary>Where norms stand in a block and how its parts are joined.</summary>
public enum BlockLayout
{
    /// <summary>x + attention(norm x), then x + ff(norm x): GPT-2, Llama.</summary>
    PreNorm,

    /// <summary>x + attention(norm₁ x) + ff(norm₁ x): Falcon 7B, one norm for both.</summary>
    ParallelSharedNorm,

    /// <summary>x + attention(norm₁ x) + ff(norm₂ x): GPT-NeoX, Falcon 40B.</summary>
    Parallel,

    /// <summary>x + norm(attention(x)), then x + norm(ff(x)): OLMo 2.</summary>
    PostNorm,
}

/// <summary>A feed-forward function.</summary>
public enum FeedForwardKind
{
    /// <summary>silu(gate) · up, arXiv 2002.05202.</summary>
    SwiGlu,

    /// <summary>gelu(gate) · up.</summary>
    GeGlu,

    /// <summary>gelu(gate) · up with the tanh form (Gemma).</summary>
    GeGluTanh,

    /// <summary>The exact GELU.</summary>
    Gelu,

    /// <summary>GELU by tanh (GPT-2).</summary>
    GeluTanh,

    /// <summary>max(x, 0)² (Primer, nanochat), arXiv 2109.08668.</summary>
    ReluSquared,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · sigmoid(x).</summary>
    Silu,
}

/// <summary>How positions enter.</summary>
public enum PositionKind
{
    /// <summary>Queries and keys turn with the position, arXiv 2104.09864.</summary>
    Rotary,

    /// <summary>Scores fall with the distance, arXiv 2108.12409.</summary>
    Alibi,

    /// <summary>A learned vector for each position is added to the embedding (GPT-2).</summary>
    Learned,

    /// <summary>Not at all: the causal mask alone.</summary>
    None,
}

/// <summary>Norms on queries and keys before positions enter.</summary>
public enum QkNormKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>RMSNorm over each head with gains of the head's size (Qwen 3).</summary>
    PerHead,

    /// <summary>RMSNorm over all heads together (OLMo 2).</summary>
    FullWidth,
}
