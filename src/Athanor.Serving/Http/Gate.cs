using System.Net;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Athanor.Serving.Http;

/// <summary>Who is let in: no web pages but allowed ones, no one without a key where there are keys, nobody while the server ends.</summary>
internal static class Gate
{
    public const string HealthPath = "/health";

    public static void Check(HttpContext context, ServerState server)
    {
        HttpRequest request = context.Request;
        CheckOrigin(context, server.Options);
        // Whether the server lives may be asked by anyone, until the end.
        if (request.Path == HealthPath)
            return;
        if (server.Drain.HasBegun)
            throw ApiException.Unavailable("The server is shutting down.", TimeSpan.FromSeconds(5));
        if (!server.Keys.IsEmpty && !HttpMethods.IsOptions(request.Method) && !server.Keys.Contains(KeyOf(request)))
            throw new ApiException(401, "The API key is missing or wrong. Send it as 'Authorization: Bearer KEY'.", code: "invalid_api_key");
    }

    /// <summary>
    /// A browser would let any page it shows talk to a server on its machine. Pages say where they come from, programs do not; and a name of the page's own that
    /// points to this machine is none that a loopback server has.
    /// </summary>
    private static void CheckOrigin(HttpContext context, ServerOptions options)
    {
        HttpRequest request = context.Request;
        if (!options.Public && IPAddress.IsLoopback(options.Address) && !IsLoopbackName(request.Host.Host))
            throw new ApiException(421, "This server is asked by a name that is not its own. It listens on this machine only: use 127.0.0.1 or localhost.", code: "wrong_host");
        string? origin = request.Headers.Origin;
        if (string.IsNullOrEmpty(origin))
            return;
        if (!options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            throw new ApiException(403, "Web pages of this origin may not call this server. Its --allow-origin lets them.", code: "origin_not_allowed");
        IHeaderDictionary headers = context.Response.Headers;
        context.Response.OnStarting(() =>
        {
            headers.AccessControlAllowOrigin = origin;
            headers.Vary = HeaderNames.Origin;
            return Task.CompletedTask;
        });
    }

    private static bool IsLoopbackName(string host) =>
        host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static string? KeyOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        string? authorization = request.Headers.Authorization;
        if (authorization?.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) == true)
            return authorization[scheme.Length..].Trim();
        return request.Headers["x-api-key"].FirstOrDefault() ?? request.Headers["api-key"].FirstOrDefault();
    }
}
