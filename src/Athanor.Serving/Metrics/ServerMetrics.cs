using System.Collections.Concurrent;

namespace Athanor.Serving.Metrics;

/// <summary>Counters of a server.</summary>
internal sealed class ServerMetrics
{
    private readonly ConcurrentDictionary<string, ModelMetrics> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Endpoint, int Status), long> _requests = [];
    private readonly ConcurrentDictionary<string, Histogram> _durations = new(StringComparer.Ordinal);
    private long _running;

    /// <summary>Requests that are being answered.</summary>
    public long Running => Interlocked.Read(ref _running);

    /// <summary>Requests answered, by endpoint and status; 499 where the client went away.</summary>
    public IEnumerable<KeyValuePair<(string Endpoint, int Status), long>> Requests => _requests;

    /// <summary>How long requests took, by endpoint.</summary>
    public IEnumerable<KeyValuePair<string, Histogram>> Durations => _durations;

    /// <summary>Those of a model.</summary>
    public ModelMetrics Of(string model) => _models.GetOrAdd(model, static _ => new ModelMetrics());

    public IEnumerable<KeyValuePair<string, ModelMetrics>> Models => _models;

    public void Begin() => Interlocked.Increment(ref _running);

    public void End(string endpoint, int status, TimeSpan took)
    {
        Interlocked.Decrement(ref _running);
        _requests.AddOrUpdate((endpoint, status), 1, static (_, count) => count + 1);
        _durations.GetOrAdd(endpoint, static _ => new Histogram(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)).Add(took);
    }
}
