using System.Text.Json;
using Athanor.Training.Batches;

namespace Athanor.Training.Checkpoints;

/// <summary>What a run needs to go on beside weights and optimizer state: <c>training/state.json</c>.</summary>
public sealed record TrainingState
{
    // Gates hold losses to the last bit: numbers are written so that they read back as the same.
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>The seed, from which all randomness of later steps follows.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Where the next batch begins.</summary>
    public required BatchCursor Cursor { get; init; }

    /// <summary>Trained tokens so far.</summary>
    public long Tokens { get; init; }

    /// <summary>Losses of the last steps, for the outlier gate.</summary>
    public IReadOnlyList<double> Losses { get; init; } = [];

    /// <summary>Gradient norms of the last steps.</summary>
    public IReadOnlyList<double> Norms { get; init; } = [];

    /// <summary>Skipped steps in a row behind which it was saved.</summary>
    public int Outliers { get; init; }

    /// <summary>Returns to earlier checkpoints so far.</summary>
    public int Rewinds { get; init; }

    /// <summary>Saved because the run was stopped here and not because it was due: such a one is gone on from, but never returned to after a jump, as a run without the stop could not either.</summary>
    public bool Interim { get; init; }

    /// <summary>Bits per byte on the validation sets when it was saved, if they were read at this step; the lowest is kept as the best.</summary>
    public double? Score { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>From JSON.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public static TrainingState Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingState>(File.ReadAllText(path), Json) ?? throw new CheckpointException(path, "it is empty.");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, e is JsonException ? $"it is damaged: {e.Message}" : "it is missing.", e);
        }
    }
}

/// <summary>A checkpoint that cannot be used: which file, what is wrong, what to do.</summary>
public sealed class CheckpointException(string path, string problem, Exception? inner = null)
    : Exception($"{path}: {problem} Remove the checkpoint's folder to go on from the one before, or from the beginning.", inner)
{
    /// <summary>Which file and what is wrong with it.</summary>
    public string Problem { get; } = $"{path}: {problem}";
}
