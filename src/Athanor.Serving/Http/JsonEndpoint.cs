using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Http;

/// <summary>An endpoint that takes a JSON object: a place, a body, a time limit.</summary>
internal abstract class JsonEndpoint<TBody>(ServerState server, JsonTypeInfo<TBody> type)
    where TBody : class
{
    protected ServerState Server { get; } = server;

    public async Task HandleAsync(HttpContext context)
    {
        using Admission.Place place = Server.Admission.Enter();
        using var scope = new RequestScope(context, Server.Drain, Server.Options.RequestTimeout);
        context.Features.Set(scope);
        TBody body = await JsonBody.ReadAsync(context, type, scope.Token).ConfigureAwait(false);
        await AnswerAsync(context, body, scope).ConfigureAwait(false);
    }

    protected abstract Task AnswerAsync(HttpContext context, TBody body, RequestScope scope);
}
