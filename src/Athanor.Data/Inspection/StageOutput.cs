using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Signals;
using Athanor.Data.Stages;

namespace Athanor.Data.Inspection;

/// <summary>The folder of a stage's documents, to be looked at: an artifact, or any folder with <c>documents.jsonl</c>.</summary>
public sealed class StageOutput
{
    private const string ManifestFile = "manifest.json";

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InvalidDataException">It holds no documents.</exception>
    public StageOutput(string folder)
    {
        Folder = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(Folder, DocumentFile.Name)))
            throw new InvalidDataException($"'{folder}' holds no {DocumentFile.Name}. Give RUN/STAGE of a stage that makes documents, or its folder.");
        Notes = ReadNotes(Manifest, out IReadOnlyList<string> parents);
        Parents = parents;
        Sets = [.. Directory.EnumerateFiles(Folder, "val-*.jsonl").Select(file => Path.GetFileNameWithoutExtension(file)["val-".Length..]).Order(StringComparer.Ordinal)];
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Where its manifest lies, if it has one.</summary>
    internal string Manifest => Path.Combine(Folder, ManifestFile);

    /// <summary>What the stage noted: counts.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; }

    /// <summary>Folders of the artifacts that it was made from, whether they are still there or not.</summary>
    public IReadOnlyList<string> Parents { get; }

    /// <summary>Names of the sets that are held out.</summary>
    public IReadOnlyList<string> Sets { get; }

    /// <summary>The documents of a set.</summary>
    public string Documents(string? set) => Existing(set is null ? DocumentFile.Name : DocumentSets.FileOf(set), set);

    /// <summary>What was removed of a set, or null where the stage tells nothing of it.</summary>
    public string? Removed(string? set) => Find(StepStage.RemovedFile, set);

    /// <summary>Samples of a set, or null.</summary>
    public string? Samples(string? set) => Find(StepStage.SamplesFile, set);

    /// <summary>Signals of a set, or null.</summary>
    public string? SignalsOf(string? set) => Find(SignalFile.Name, set);

    private string? Find(string file, string? set)
    {
        string path = Path.Combine(Folder, StepStage.Named(file, new DocumentSet(set, [])));
        return File.Exists(path) ? path : null;
    }

    private string Existing(string file, string? set) => File.Exists(Path.Combine(Folder, file)) ? Path.Combine(Folder, file)
        : throw new InvalidDataException($"'{Folder}' holds no set '{set}'. Sets: {(Sets.Count == 0 ? "none is held out" : string.Join(", ", Sets))}.");

    private static Dictionary<string, string> ReadNotes(string path, out IReadOnlyList<string> parents)
    {
        parents = [];
        if (!File.Exists(path))
            return [];
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            // Artifacts lie side by side, each in a folder that is named by half of its key.
            string store = Path.GetDirectoryName(Path.GetDirectoryName(path))!;
            int name = Path.GetFileName(Path.GetDirectoryName(path))!.Length;
            parents = [.. json.RootElement.GetProperty("parents").EnumerateArray().Select(parent => parent.GetProperty("key").GetString()!).Select(key => Path.Combine(store, key[..Math.Min(name, key.Length)]))];
            return json.RootElement.GetProperty("notes").EnumerateObject().ToDictionary(note => note.Name, note => note.Value.GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: this is no manifest of a stage ({e.Message})", e);
        }
    }
}
