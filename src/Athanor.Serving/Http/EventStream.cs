using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Http;

/// <summary>Server-sent events: one JSON object each, comments against silence, an end mark.</summary>
internal sealed class EventStream(HttpContext context, TimeSpan ping)
{
    private static ReadOnlySpan<byte> Data => "data: "u8;

    private static ReadOnlySpan<byte> End => "\n\n"u8;

    /// <summary>
    /// Sends parts as they come. Nothing is sent before the first one or the first ping, so what fails until then is answered with a status; what fails later is an event.
    /// </summary>
    /// <param name="parts">The parts.</param>
    /// <param name="write">Sends the events of a part.</param>
    /// <param name="finish">Sends what stands before the end mark.</param>
    /// <param name="scope">What ends the request early.</param>
    /// <param name="explain">What the client is told of an error.</param>
    public async Task SendAsync<T>(IAsyncEnumerable<T> parts, Func<EventStream, T, ValueTask> write, Func<EventStream, ValueTask> finish, RequestScope scope, Func<Exception, ApiException> explain)
    {
        await using IAsyncEnumerator<T> source = parts.GetAsyncEnumerator(scope.Token);
        Task<bool> next = source.MoveNextAsync().AsTask();
        try
        {
            await IsQuietAsync(next).ConfigureAwait(false);
            Begin();
            try
            {
                while (true)
                {
                    while (await IsQuietAsync(next).ConfigureAwait(false))
                        await WriteAsync(": ping\n\n"u8.ToArray()).ConfigureAwait(false);
                    if (!await next.ConfigureAwait(false))
                        break;
                    await write(this, source.Current).ConfigureAwait(false);
                    next = source.MoveNextAsync().AsTask();
                }
                await finish(this).ConfigureAwait(false);
                await WriteAsync("data: [DONE]\n\n"u8.ToArray()).ConfigureAwait(false);
            }
            catch (Exception e) when (!scope.IsAbandoned)
            {
                await SendAsync(explain(e).Body, ApiJson.Api.ErrorBody).ConfigureAwait(false);
                await WriteAsync("data: [DONE]\n\n"u8.ToArray()).ConfigureAwait(false);
            }
        }
        finally
        {
            // An enumerator may be left only when it rests.
            if (!next.IsCompleted)
            {
                scope.Cancel();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Sends an object as an event.</summary>
    public async ValueTask SendAsync<T>(T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        byte[] line = new byte[Data.Length + json.Length + End.Length];
        Data.CopyTo(line);
        json.CopyTo(line, Data.Length);
        End.CopyTo(line.AsSpan(Data.Length + json.Length));
        await WriteAsync(line).ConfigureAwait(false);
    }

    private void Begin()
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        // Nginx collects answers otherwise.
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }

    private async ValueTask WriteAsync(byte[] bytes)
    {
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Waits for the next part; true where it did not come within the interval of pings.</summary>
    private async ValueTask<bool> IsQuietAsync(Task next)
    {
        if (next.IsCompleted)
        {
            await next.ConfigureAwait(false);
            return false;
        }
        try
        {
            await next.WaitAsync(ping).ConfigureAwait(false);
            return false;
        }
        catch (TimeoutException) when (!next.IsCompleted)
        {
            return true;
        }
    }
}
