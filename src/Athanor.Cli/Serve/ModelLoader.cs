using Athanor.Cli.ModelFiles;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Models.HuggingFace;
using Athanor.Serving.Catalog;
using Athanor.Training.Batches;

namespace Athanor.Cli.Serve;

/// <summary>A model that is loaded with its engine.</summary>
/// <param name="Served">What requests are answered with.</param>
/// <param name="Engine">The engine, which owns the weights.</param>
/// <param name="Place">Where the model lies.</param>
internal sealed record LoadedModel(ServedModel Served, InferenceEngine Engine, string Place) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>How models are loaded to be served.</summary>
internal sealed record ServedLoading
{
    public string Runs { get; init; } = "runs";

    public LoadOptions Files { get; init; } = new();

    public string? ChatTemplate { get; init; }

    public EngineOptions Engine { get; init; } = new();
}

/// <summary>Makes an engine of what people call a model.</summary>
internal static class ModelLoader
{
    public static LoadedModel Load(string name, string place, ServedLoading loading, CancellationToken cancellation)
    {
        string path = ModelPath.Find(place, loading.Runs);
        bool folder = Directory.Exists(path);
        InferenceEngine engine = EngineLoader.Load(path, loading.Engine, loading.Files, cancellation);
        try
        {
            var served = new ServedModel(name, engine, new ServedModelOptions
            {
                ChatTemplate = loading.ChatTemplate is { } template && File.Exists(template) ? File.ReadAllText(template) : loading.ChatTemplate,
                Defaults = folder ? GenerationDefaults.Read(path) : new GenerationDefaults(),
                Begin = DocumentFrame.Of(engine.Tokenizer.BosId, engine.Tokenizer.EosId).Begin,
                EndTokens = folder && EndTokens.Of(path) is { Count: > 0 } ends ? [.. ends] : null,
                Created = folder ? Directory.GetLastWriteTimeUtc(path) : File.GetLastWriteTimeUtc(path),
            });
            return new LoadedModel(served, engine, path);
        }
        catch
        {
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }
}
