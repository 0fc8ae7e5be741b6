using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>GET /health</c>: 200 when requests are answered, 503 while models are loaded or the server ends.</summary>
internal sealed class Health(ServerState server)
{
    public const string Path = Gate.HealthPath;

    public Task HandleAsync(HttpContext context)
    {
        if (server.Drain.HasBegun)
            throw ApiException.Unavailable("The server is shutting down.", TimeSpan.FromSeconds(5));
        if (!server.Catalog.IsComplete)
            throw ApiException.Unavailable("The server is still loading its models.", TimeSpan.FromSeconds(2));
        return JsonBody.WriteAsync(context, new HealthBody("ok"), ApiJson.Api.HealthBody);
    }
}
