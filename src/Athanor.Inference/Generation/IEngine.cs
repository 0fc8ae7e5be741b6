using Athanor.Tokenizers;

namespace Athanor.Inference.Generation;

/// <summary>A loaded model that answers many requests at once. All members may be called from any thread.</summary>
public interface IEngine : IAsyncDisposable
{
    /// <summary>The tokenizer that belongs to the model.</summary>
    Tokenizer Tokenizer { get; }

    /// <summary>Most tokens of a prompt and its answer together.</summary>
    int ContextLength { get; }

    /// <summary>Width of the vectors of <see cref="EmbedAsync"/>.</summary>
    int EmbeddingSize { get; }

    /// <summary>Names of the adapters that requests may ask for.</summary>
    IReadOnlyCollection<string> Adapters { get; }

    /// <summary>What the engine does now.</summary>
    EngineStatus Status { get; }

    /// <summary>Answers a request. The request stops, and what it holds is free, as soon as the enumeration ends or is cancelled.</summary>
    /// <exception cref="ArgumentException">The request is impossible: an empty prompt, a token the model has not, more tokens than the context, an unknown adapter.</exception>
    /// <exception cref="EngineOverloadedException">The queue is full.</exception>
    IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellation = default);

    /// <summary>The mean of the last hidden states over the tokens, of length 1.</summary>
    /// <exception cref="ArgumentException">No token, or more than the context, or one the model has not.</exception>
    /// <exception cref="EngineOverloadedException">The queue is full.</exception>
    ValueTask<float[]> EmbedAsync(IReadOnlyList<int> tokens, CancellationToken cancellation = default);
}

/// <summary>Counters of an engine, for metrics.</summary>
public sealed record EngineStatus
{
    /// <summary>Requests that run.</summary>
    public int Running { get; init; }

    /// <summary>Requests that wait.</summary>
    public int Waiting { get; init; }

    /// <summary>About how long a request that comes now will wait before it is begun: by how fast waiting ones were begun lately, and never less than none was.</summary>
    public TimeSpan ExpectedWait { get; init; }

    /// <summary>Blocks of the key-value cache in use by running requests, and all there are.</summary>
    public int UsedBlocks { get; init; }

    /// <summary>Blocks of the key-value cache.</summary>
    public int TotalBlocks { get; init; }

    /// <summary>Prompt tokens read since the start, cached ones included.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens that the prefix cache had.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens generated since the start.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Tokens proposed by speculation.</summary>
    public long DraftedTokens { get; init; }

    /// <summary>Proposed tokens that were kept.</summary>
    public long AcceptedTokens { get; init; }

    /// <summary>Requests begun again because the cache was full.</summary>
    public long Preemptions { get; init; }
}

/// <summary>The engine's queue is full; ask again later.</summary>
public sealed class EngineOverloadedException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>When a place may be free.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
