using Athanor.Serving.Catalog;
using Athanor.Serving.Metrics;
using Athanor.Serving.Protocol;
using Microsoft.Extensions.Logging;

namespace Athanor.Serving.Http;

/// <summary>What all endpoints of a server share.</summary>
internal sealed class ServerState(ServerOptions options, ModelCatalog catalog, ILogger logger) : IDisposable
{
    public ServerOptions Options { get; } = options;

    public ModelCatalog Catalog { get; } = catalog;

    public ILogger Logger { get; } = logger;

    public ServerMetrics Metrics { get; } = new();

    public ApiKeys Keys { get; } = new(options.ApiKeys);

    public Admission Admission { get; } = new(options.MaxRequests);

    public Drain Drain { get; } = new();

    public UnknownFields Unknown { get; } = new(logger);

    /// <summary>The model that a request names; the only one there is where it names none.</summary>
    public ServedModel Find(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            IReadOnlyList<ServedModel> models = Catalog.Models;
            if (models.Count(model => model.Parent is null) == 1 && Catalog.IsComplete)
                return models[0];
            throw Catalog.IsComplete ? ApiException.Invalid($"'model' is missing, and this server has several. Name one of {Names()}.", "model") : Loading();
        }
        if (Catalog.TryFind(name, out ServedModel? found))
            return found;
        if (!Catalog.IsComplete)
            throw Loading();
        string shown = name.Length > 100 ? name[..100] + "…" : name;
        throw new ApiException(404, $"The model '{shown}' does not exist here. There are {Names()}.", param: "model", code: "model_not_found");
    }

    /// <summary>The model that a request names, unless its engine is so far behind that the request would wait too long.</summary>
    public ServedModel FindFree(string? name)
    {
        ServedModel model = Find(name);
        TimeSpan wait = model.Engine.Status.ExpectedWait;
        if (wait <= Options.MaxWait)
            return model;
        double later = Math.Clamp((wait - Options.MaxWait).TotalSeconds, 1, 60);
        throw ApiException.Overloaded($"The model would begin with this request in about {wait.TotalSeconds:0} seconds; {Options.MaxWait.TotalSeconds:0} are waited at most. Ask again later.", TimeSpan.FromSeconds(later));
    }

    private string Names() => string.Join(", ", Catalog.Models.Take(20).Select(model => $"'{model.Id}'"));

    public void Dispose() => Drain.Dispose();

    private static ApiException Loading() => ApiException.Unavailable("The server is still loading its models.", TimeSpan.FromSeconds(2));
}
