using Athanor.Inference.Speculation;
using Athanor.Models.Adaptation;
using Athanor.Tensors;

namespace Athanor.Inference.Running;

/// <summary>How an engine uses the machine. None of it changes a token or a log-probability, the type of the cache excepted.</summary>
public sealed record EngineOptions
{
    /// <summary>Bytes of the key-value cache at most; never more than all texts at full length need.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>Storage of keys and values: F32, BF16, or I8 (bytes with a scale for each head of a token); null for that of the model.</summary>
    public DType? CacheType { get; init; }

    /// <summary>Tokens of a block of the cache: 16, 32, 64, 128 or 256.</summary>
    public int BlockSize { get; init; } = 64;

    /// <summary>Texts that are computed side by side at most.</summary>
    public int MaxSequences { get; init; } = 32;

    /// <summary>Tokens of one step at most: longer prompts are read in parts.</summary>
    public int TokenBudget { get; init; } = 512;

    /// <summary>Most tokens of a prompt and its answer; 0 for the model's context. Less where the cache has no room for it.</summary>
    public int ContextLength { get; init; }

    /// <summary>Requests that wait at most; more are refused.</summary>
    public int MaxQueue { get; init; } = 1024;

    /// <summary>Changes of the model that requests may ask for by name; the engine disposes of them where it owns the model.</summary>
    public IReadOnlyList<LoraAdapter> Adapters { get; init; } = [];

    /// <summary>Whether beginnings that prompts have in common are computed once.</summary>
    public bool PrefixCache { get; init; } = true;

    /// <summary>How many requests later one counts whose priority is lower by 1: an urgent request passes no more than these.</summary>
    public int PriorityWeight { get; init; } = 64;

    /// <summary>Makes what guesses tokens ahead, so that a pass computes several places of a text; null for none. Changes speed alone.</summary>
    public SpeculatorFactory? Speculator { get; init; }

    /// <summary>How far ahead is guessed at most, 1 to 64; less, or nothing at all, where that is measured to be faster.</summary>
    public int SpeculationDepth { get; init; } = 8;

    /// <summary>Tokens that end a text; null for the tokenizer's end token.</summary>
    public IReadOnlyList<int>? EndTokens { get; init; }
}
