using System.Collections.Immutable;
using Athanor.Inference.Gguf;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Models.HuggingFace;
using Athanor.Serving.Catalog;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.ModelFiles;

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

    public string? Tokenizer { get; init; }

    public DType? Type { get; init; }

    public string? ChatTemplate { get; init; }

    public IReadOnlyDictionary<string, string> Adapters { get; init; } = ImmutableDictionary<string, string>.Empty;

    public EngineOptions Engine { get; init; } = new();
}

/// <summary>Makes an engine of what people call a model.</summary>
internal static class ModelLoader
{
    /// <summary>The name and the place of a model written as <c>name=place</c>, or as a place whose last part is the name.</summary>
    public static (string Name, string Place) Parse(string written)
    {
        int at = written.IndexOf('=', StringComparison.Ordinal);
        // A place may have the sign within it.
        if (at > 0 && !written[..at].Contains('/', StringComparison.Ordinal) && !File.Exists(written) && !Directory.Exists(written))
            return (written[..at], written[(at + 1)..]);
        string place = Path.TrimEndingDirectorySeparator(written);
        string name = Path.GetFileName(Path.GetFullPath(place));
        return (File.Exists(place) ? Path.GetFileNameWithoutExtension(name) : name, written);
    }

    public static LoadedModel Load(string name, string place, ServedLoading loading, CancellationToken cancellation)
    {
        string path = GgufPlace.Find(place) ?? GgufPlace.Find(Path.Combine(loading.Runs, place)) ?? ModelPlace.Find(place, loading.Runs).Path;
        bool folder = Directory.Exists(path);
        InferenceEngine engine = EngineLoader.Load(path, loading.Engine, new LoadOptions { Type = loading.Type, Tokenizer = loading.Tokenizer, Adapters = loading.Adapters }, cancellation);
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
