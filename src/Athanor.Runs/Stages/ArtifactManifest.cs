using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Runs.Stages;

/// <summary>An artifact that another was made from.</summary>
/// <param name="Stage">The stage that made it.</param>
/// <param name="Key">Its key.</param>
/// <param name="Content">The hash of its content.</param>
public sealed record ParentArtifact(string Stage, string Key, string Content);

/// <summary>What is known about an artifact, written beside its files as <c>manifest.json</c>.</summary>
public sealed record ArtifactManifest
{
    internal const string FileName = "manifest.json";
    internal static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Version of this format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>SHA-256 of everything that decided what was made: inputs, settings, code version.</summary>
    public required string Key { get; init; }

    /// <summary>What the artifact is: <c>documents</c>, <c>checkpoint</c>.</summary>
    public required string Produces { get; init; }

    /// <summary>The stage kind that made it.</summary>
    public required string Kind { get; init; }

    /// <summary>The kind's code version.</summary>
    public required string Version { get; init; }

    /// <summary>The recipe that made it first.</summary>
    public required string Recipe { get; init; }

    /// <summary>The stage's name in that recipe.</summary>
    public required string Stage { get; init; }

    /// <summary>Everything that the key is the hash of.</summary>
    public required JsonElement Basis { get; init; }

    /// <summary>The artifacts that it was made from.</summary>
    public required IReadOnlyList<ParentArtifact> Parents { get; init; }

    /// <summary>SHA-256 over the names, sizes and hashes of the files.</summary>
    public required string Content { get; init; }

    /// <summary>The files, sorted by path.</summary>
    public required IReadOnlyList<ContentFile> Files { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset Published { get; init; }

    /// <summary>What the stage noted about it: counts, losses.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>What memory it took to make it; null where an earlier version made it.</summary>
    public StageMemory? Memory { get; init; }

    /// <summary>The manifest in an artifact's folder; null where there is none or it cannot be used.</summary>
    internal static ArtifactManifest? TryRead(string folder)
    {
        try
        {
            using FileStream stream = File.OpenRead(Path.Combine(folder, FileName));
            return JsonSerializer.Deserialize<ArtifactManifest>(stream, Json) is { Format: 1 } manifest ? manifest : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Bytes of all files.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Size => Files.Sum(file => file.Size);
}
