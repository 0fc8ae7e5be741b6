namespace Athanor.Models.Initialization;

/// <summary>What the dial may not decide: each value given here replaces the derived one.</summary>
public sealed record ModelDesignOptions
{
    /// <summary>llama, mistral, qwen2, qwen3, olmo2 or gpt2.</summary>
    public string Family { get; init; } = "llama";

    /// <summary>D.</summary>
    public int? Width { get; init; }

    /// <summary>K.</summary>
    public int? HeadSize { get; init; }

    /// <summary>Hkv.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>F.</summary>
    public int? FeedForwardWidth { get; init; }

    /// <summary>T.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool? TieEmbeddings { get; init; }
}
