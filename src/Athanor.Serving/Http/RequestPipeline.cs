using System.Diagnostics;
using System.Globalization;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Athanor.Serving.Http;

/// <summary>What happens around every endpoint: counting, refusing, and turning what went wrong into errors of OpenAI's form.</summary>
internal sealed class RequestPipeline(ServerState server)
{
    private const int ClientClosedRequest = 499;
    private const string Elsewhere = "other";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        long start = Stopwatch.GetTimestamp();
        int status = 500;
        server.Metrics.Begin();
        try
        {
            Gate.Check(context, server);
            if (HttpMethods.IsOptions(context.Request.Method))
                Preflight.Answer(context);
            else
                await next(context).ConfigureAwait(false);
            status = context.Response.StatusCode;
            if (status is 404 or 405 && !context.Response.HasStarted && context.Response.ContentLength is null)
                await WriteAsync(context, status == 404
                    ? new ApiException(404, $"There is no {context.Request.Method} {Shown(context.Request.Path)} here.", code: "not_found")
                    : new ApiException(405, $"{Shown(context.Request.Path)} does not take {context.Request.Method}.", code: "method_not_allowed")).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
            status = ClientClosedRequest;
        }
        catch (Exception e)
        {
            ApiException told = Failure.Of(e, context.Features.Get<RequestScope>(), server);
            status = told.Status;
            if (context.Response.HasStarted)
                context.Abort();
            else
                await WriteAsync(context, told).ConfigureAwait(false);
        }
        finally
        {
            if (context.RequestAborted.IsCancellationRequested)
                status = ClientClosedRequest;
            server.Metrics.End((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? Elsewhere, status, Stopwatch.GetElapsedTime(start));
        }
    }

    private static async Task WriteAsync(HttpContext context, ApiException error)
    {
        context.Response.Clear();
        if (error.RetryAfter is { } later)
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(later.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (error.Status == 401)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        try
        {
            await JsonBody.WriteAsync(context, error.Body, ApiJson.Api.ErrorBody, error.Status).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // It went away while it was told.
        }
    }

    private static string Shown(PathString path) => path.Value is { Length: > 100 } value ? value[..100] + "…" : path.Value ?? "/";
}
