namespace Athanor.Serving.Http;

/// <summary>The end of a server: first no new requests, after a time no more of the running ones.</summary>
internal sealed class Drain : IDisposable
{
    private readonly CancellationTokenSource _expired = new();
    private volatile bool _begun;

    /// <summary>Whether the server takes no new requests.</summary>
    public bool HasBegun => _begun;

    /// <summary>Cancelled when running requests have had their time.</summary>
    public CancellationToken Expired => _expired.Token;

    public void Begin(TimeSpan patience)
    {
        _begun = true;
        _expired.CancelAfter(patience);
    }

    public void Dispose() => _expired.Dispose();
}
