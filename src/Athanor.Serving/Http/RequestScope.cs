using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Http;

/// <summary>What ends a request early: its client, its time, the server's end.</summary>
internal sealed class RequestScope : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _aborted, _drained;
    private readonly TimeSpan _timeout;

    public RequestScope(HttpContext context, Drain drain, TimeSpan timeout)
    {
        (_aborted, _drained, _timeout) = (context.RequestAborted, drain.Expired, timeout);
        _source = CancellationTokenSource.CreateLinkedTokenSource(_aborted, _drained);
        _source.CancelAfter(timeout);
    }

    /// <summary>Cancelled by any of the three.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public bool IsAbandoned => _aborted.IsCancellationRequested;

    /// <summary>What the client is told of a cancellation.</summary>
    public ApiException Reason() => _drained.IsCancellationRequested
        ? ApiException.Unavailable("The server is shutting down.", TimeSpan.FromSeconds(5))
        : new ApiException(408, $"The request took longer than the {_timeout.TotalSeconds:0} seconds that are granted. Ask for fewer tokens, or stream.", "timeout_error", code: "timeout");

    public void Cancel() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
