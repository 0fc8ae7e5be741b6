using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Data.Execution;

/// <summary>How far a set of documents is: the next line to read, and what was written up to there.</summary>
internal sealed record StepCheckpoint
{
    public const string FileName = "checkpoint.json";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The number of the input file.</summary>
    public int File { get; init; }

    /// <summary>The line's beginning in it.</summary>
    public long Offset { get; init; }

    /// <summary>Lengths of the files of kept documents, removed ones, signals.</summary>
    public required IReadOnlyList<long> Lengths { get; init; }

    public required StepTally Tally { get; init; }

    public required IReadOnlyDictionary<string, List<Sample>> Samples { get; init; }

    /// <summary>The checkpoint of a folder, or null where there is none that fits its files.</summary>
    public static StepCheckpoint? Read(string folder, IReadOnlyList<string> files)
    {
        try
        {
            StepCheckpoint? read = JsonSerializer.Deserialize<StepCheckpoint>(System.IO.File.ReadAllBytes(Path.Combine(folder, FileName)), Json);
            return read?.Lengths.Count == files.Count && files.Zip(read.Lengths).All(pair => new FileInfo(Path.Combine(folder, pair.First)) is { Exists: true } file && file.Length >= pair.Second) ? read : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Write(string folder) =>
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, Json));
}
