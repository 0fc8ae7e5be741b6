using System.Net;
using Athanor.Serving.Requests;

namespace Athanor.Serving;

/// <summary>How a server listens, whom it lets in, and what it bears.</summary>
public sealed class ServerOptions
{
    /// <summary>The address; loopback unless <see cref="Public"/> allows others.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 for a free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Whether other machines may connect.</summary>
    public bool Public { get; init; }

    /// <summary>Keys, one of which each request has to bring; anyone is let in without any.</summary>
    public IReadOnlyCollection<string> ApiKeys { get; init; } = [];

    /// <summary>Origins of web pages that may call; requests of other pages are refused.</summary>
    public IReadOnlyCollection<string> AllowedOrigins { get; init; } = [];

    /// <summary>Requests answered at a time, waiting ones among them; further ones are told to come later.</summary>
    public int MaxRequests { get; init; } = 256;

    /// <summary>How long a request may have to wait for an engine before it is begun, by the engine's estimate; where it is longer, requests are told to come later. <see cref="TimeSpan.MaxValue"/> for any time.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Connections at a time, idle ones among them; further ones are closed.</summary>
    public int MaxConnections { get; init; } = 8192;

    /// <summary>How long a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long running requests may go on when the server is to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream may be silent before a comment is sent, which keeps proxies from closing it.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes a second that a client has to read while it is waited for, beyond a few seconds' grace; slower ones are cut off.</summary>
    public double MinReadRate { get; init; } = 4096;

    /// <summary>How long a client may be slower than that.</summary>
    public TimeSpan DataRateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What one request may ask for.</summary>
    public RequestLimits Limits { get; init; } = new();

    internal void Check()
    {
        if (!IPAddress.IsLoopback(Address) && !Public)
            throw new ArgumentException($"The address {Address} lets other machines in. Say that it is meant (--public), and give API keys; or listen on 127.0.0.1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RequestTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxWait, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PingInterval, TimeSpan.Zero);
    }
}
