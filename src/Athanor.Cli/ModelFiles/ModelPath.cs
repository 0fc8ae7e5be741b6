using Athanor.Inference.Gguf;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.ModelFiles;

/// <summary>What people call a model, for the verbs that run one.</summary>
internal static class ModelPath
{
    /// <summary>What the verbs say that they take.</summary>
    public const string Description = "A Hugging Face folder, a GGUF file, a llama2.c .bin (or its folder), or a run: its newest model.";

    /// <summary>The folder or file of a model with weights: itself, or by the name of a run.</summary>
    /// <exception cref="IOException">There is none; the message says what is there instead.</exception>
    public static string Find(string name, string runs)
    {
        if ((GgufPlace.Find(name) ?? GgufPlace.Find(Path.Combine(runs, name))) is { } gguf)
            return gguf;
        if (!Path.Exists(name) && !Directory.Exists(Path.Combine(runs, name)))
            throw new FileNotFoundException($"There is no model '{name}': no folder, no file, and no run in '{runs}'. Give a Hugging Face folder, a GGUF file, a llama2.c .bin, or a run that `athanor runs` lists.", name);
        if (Directory.Exists(name) && !File.Exists(Path.Combine(name, "config.json")) && Directory.GetFiles(name, "*.gguf") is { Length: > 1 } several)
            throw new FileNotFoundException($"The folder {name} holds several GGUF files: {string.Join(", ", several.Select(Path.GetFileName).Order(StringComparer.Ordinal))}. Name one.", name);
        ModelPlace place = ModelPlace.Find(name, runs);
        return place.Form == ModelForm.Settings ? throw place.NoWeights() : place.Path;
    }

    /// <summary>The name and the place of what is written as <c>name=place</c>, or as a place whose last part is the name.</summary>
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
}
