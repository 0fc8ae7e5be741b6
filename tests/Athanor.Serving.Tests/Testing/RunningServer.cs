using System.Net;
using System.Text;
using System.Text.Json;
using Athanor.Serving.Catalog;
using Athanor.Testing;
using Microsoft.Extensions.Logging;

namespace Athanor.Serving.Tests.Testing;

/// <summary>A server on a free port of this machine, with a scripted engine unless another is given.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(InferenceServer server, ScriptedEngine engine, ListLogger log)
    {
        (Server, Engine, Log) = (server, engine, log);
        Client = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public InferenceServer Server { get; }

    public ScriptedEngine Engine { get; }

    public HttpClient Client { get; }

    public ListLogger Log { get; }

    public static async Task<RunningServer> StartAsync(Func<string, long, string>? script = null, ScriptedEngine? engine = null, ServerOptions? options = null, ModelCatalog? catalog = null)
    {
        engine ??= new ScriptedEngine(ByteTokenizer.ChatMl, script);
        options ??= new ServerOptions { Port = 0 };
        var log = new ListLogger();
        var server = new InferenceServer(catalog ?? new ModelCatalog(new ServedModel("scripted", engine)), options, logging => logging.AddProvider(log));
        await server.StartAsync();
        return new RunningServer(server, engine, log);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using HttpResponseMessage response = await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    /// <summary>The data events of a stream, the end mark among them.</summary>
    public async Task<List<string>> StreamAsync(string path, string json)
    {
        using HttpResponseMessage response = await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(one => one.StartsWith("data: ", StringComparison.Ordinal)).Select(one => one["data: ".Length..])];
    }

    public static async Task Eventually(Func<bool> condition, string what)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
            await Task.Delay(20);
        Assert.True(condition(), what);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
