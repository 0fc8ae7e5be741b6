using System.Text;
using Athanor.Serving.Http;
using Athanor.Serving.Metrics;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>GET /metrics</c>.</summary>
internal sealed class MetricsPage(ServerState server)
{
    public const string Path = "/metrics";

    public async Task HandleAsync(HttpContext context)
    {
        byte[] text = Encoding.UTF8.GetBytes(PrometheusText.Of(server.Metrics, server.Catalog.Models));
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }
}
