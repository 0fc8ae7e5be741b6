using Athanor.Serving.Catalog;
using Athanor.Serving.Http;
using Athanor.Serving.Protocol;
using Microsoft.AspNetCore.Http;

namespace Athanor.Serving.Endpoints;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
internal sealed class ModelListing(ServerState server)
{
    // Names of models may have slashes.
    public const string Path = "/v1/models", OnePath = "/v1/models/{**id}";

    public Task ListAsync(HttpContext context) =>
        JsonBody.WriteAsync(context, new ModelList("list", [.. server.Catalog.Models.Select(Entry)]), ApiJson.Api.ModelList);

    public Task OneAsync(HttpContext context) =>
        JsonBody.WriteAsync(context, Entry(server.Find(context.Request.RouteValues["id"] as string)), ApiJson.Api.ModelEntry);

    private static ModelEntry Entry(ServedModel model) =>
        new(model.Id, "model", model.Created.ToUnixTimeSeconds(), "athanor", model.Parent ?? model.Id, model.Parent, model.Engine.ContextLength);
}
