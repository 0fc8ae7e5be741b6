using Athanor.Inference.Generation;

namespace Athanor.Serving.Metrics;

/// <summary>What requests to one model cost and how long they waited.</summary>
internal sealed class ModelMetrics
{
    private long _prompt, _cached, _generated;

    /// <summary>From a request's arrival to its first token.</summary>
    public Histogram FirstToken { get; } = new(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120);

    /// <summary>Between tokens.</summary>
    public Histogram BetweenTokens { get; } = new(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5);

    public long PromptTokens => Interlocked.Read(ref _prompt);

    public long CachedTokens => Interlocked.Read(ref _cached);

    public long GeneratedTokens => Interlocked.Read(ref _generated);

    public void Add(GenerationUsage usage)
    {
        Interlocked.Add(ref _prompt, usage.PromptTokens);
        Interlocked.Add(ref _cached, usage.CachedTokens);
        Interlocked.Add(ref _generated, usage.GeneratedTokens);
    }
}
