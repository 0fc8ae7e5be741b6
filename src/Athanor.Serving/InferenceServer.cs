using Athanor.Serving.Catalog;
using Athanor.Serving.Endpoints;
using Athanor.Serving.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Athanor.Serving;

/// <summary>A web server that answers as OpenAI's API does, over models that this process has loaded.</summary>
public sealed class InferenceServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ServerState _state;
    private bool _started;

    /// <summary>A server that does not listen yet.</summary>
    /// <param name="catalog">Its models, which may come later; they are not disposed of with the server.</param>
    /// <param name="options">How it listens.</param>
    /// <param name="logging">Where its log goes; nowhere when null.</param>
    /// <exception cref="ArgumentException">The options would let other machines in without saying so.</exception>
    public InferenceServer(ModelCatalog catalog, ServerOptions? options = null, Action<ILoggingBuilder>? logging = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        options ??= new ServerOptions();
        options.Check();
        // Nothing is read from files or the environment that nobody asked for.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "athanor" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(5));
        logging?.Invoke(builder.Logging);
        _application = builder.Build();
        _state = new ServerState(options, catalog, _application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("athanor"));
        Map(_application, _state);
    }

    /// <summary>Where it listens, with the port that was free; known once it has started.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        ?? throw new InvalidOperationException("The server has not started."));

    /// <summary>Requests that are being answered by an engine.</summary>
    public int Requests => _state.Admission.Inside;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await _application.StartAsync(cancellation).ConfigureAwait(false);
        _started = true;
    }

    /// <summary>Takes no new requests, lets the running ones finish within <see cref="ServerOptions.DrainTimeout"/>, and ends.</summary>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (!_started)
            return;
        _started = false;
        _state.Drain.Begin(_state.Options.DrainTimeout);
        await _application.StopAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _state.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(options.Address, options.Port);
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.Limits.MaxBodyBytes;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.MinRequestBodyDataRate = new MinDataRate(240, options.DataRateGrace);
        limits.MinResponseDataRate = new MinDataRate(options.MinReadRate, options.DataRateGrace);
    }

    private static void Map(WebApplication application, ServerState state)
    {
        application.Use(next => context => new RequestPipeline(state).InvokeAsync(context, next));
        application.UseRouting();
        var health = new Health(state);
        var models = new ModelListing(state);
        application.MapPost(ChatCompletions.Path, Handle(new ChatCompletions(state).HandleAsync));
        application.MapPost(Completions.Path, Handle(new Completions(state).HandleAsync));
        application.MapPost(Embeddings.Path, Handle(new Embeddings(state).HandleAsync));
        application.MapPost(Tokenize.Path, Handle(new Tokenize(state).HandleAsync));
        application.MapPost(Detokenize.Path, Handle(new Detokenize(state).HandleAsync));
        application.MapGet(ModelListing.Path, Handle(models.ListAsync));
        application.MapGet(ModelListing.OnePath, Handle(models.OneAsync));
        application.MapGet(Health.Path, Handle(health.HandleAsync));
        application.MapGet(MetricsPage.Path, Handle(new MetricsPage(state).HandleAsync));
        application.UseEndpoints(_ => { });
    }

    private static RequestDelegate Handle(RequestDelegate handler) => handler;

    /// <summary>Signals are the program's to hear, not the server's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
