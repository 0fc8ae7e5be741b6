using Athanor.Inference.Running;
using Athanor.Models;
using Athanor.Serving.Catalog;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Serve;

/// <summary>A model that is loaded with its engine.</summary>
/// <param name="Served">What requests are answered with.</param>
/// <param name="Engine">The engine, which owns the weights.</param>
/// <param name="Path">Where the model lies.</param>
internal sealed record LoadedModel(ServedModel Served, InferenceEngine Engine, string Path) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>How models are loaded to be served.</summary>
internal sealed record LoadOptions
{
    public string Runs { get; init; } = "runs";

    public string? Tokenizer { get; init; }

    public DType? Type { get; init; }

    public string? ChatTemplate { get; init; }

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
        string place = System.IO.Path.TrimEndingDirectorySeparator(written);
        string name = System.IO.Path.GetFileName(System.IO.Path.GetFullPath(place));
        return (File.Exists(place) ? System.IO.Path.GetFileNameWithoutExtension(name) : name, written);
    }

    public static LoadedModel Load(string name, string place, LoadOptions options, CancellationToken cancellation)
    {
        ModelPlace found = ModelPlace.Find(place, options.Runs);
        Tokenizer tokenizer = found.LoadTokenizer(options.Tokenizer);
        bool folder = found.Form == ModelForm.HuggingFace;
        IReadOnlyCollection<int> ends = folder ? EndTokens.Of(found.Path) : [];
        int[]? endTokens = ends.Count > 0 ? [.. ends] : null;
        Decoder decoder = found.Load(Device.Default, options.Type, cancellation);
        InferenceEngine engine;
        try
        {
            engine = new InferenceEngine(decoder, tokenizer, options.Engine with { EndTokens = endTokens }, ownsModel: true);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
        var served = new ServedModel(name, engine, new ServedModelOptions
        {
            ChatTemplate = options.ChatTemplate is { } template && File.Exists(template) ? File.ReadAllText(template) : options.ChatTemplate,
            Defaults = folder ? GenerationDefaults.Read(found.Path) : new GenerationDefaults(),
            Begin = DocumentFrame.Of(tokenizer.BosId, tokenizer.EosId).Begin,
            EndTokens = endTokens,
            Created = folder ? Directory.GetLastWriteTimeUtc(found.Path) : File.GetLastWriteTimeUtc(found.Path),
        });
        return new LoadedModel(served, engine, found.Path);
    }
}
