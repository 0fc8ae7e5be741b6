using System.Text.Json;

namespace Athanor.Training.Batches;

/// <summary>How far the reading of one source is.</summary>
public sealed class SourceCursor
{
    /// <summary>Passes over all of its documents that are complete.</summary>
    public long Epoch { get; set; }

    /// <summary>Documents taken in this pass.</summary>
    public long Place { get; set; }

    /// <summary>Positions taken since the beginning: what the mixture's weights are compared with.</summary>
    public long Taken { get; set; }

    /// <summary><see cref="Taken"/> at the beginning of the phase, from which the phase's weights count.</summary>
    public long Before { get; set; }
}

/// <summary>
/// The exact state of reading: what a run needs to go on with the very next batch. The order of documents is a function of seed, source and epoch, so places suffice; pieces that
/// were taken and wait for a row are listed.
/// </summary>
public sealed class BatchCursor
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The sources, in the order of the mixture.</summary>
    public IReadOnlyList<SourceCursor> Sources { get; init; } = [];

    /// <summary>Whose weights hold: 0 for the mixture, 1 for that of the decay.</summary>
    public int Phase { get; set; }

    /// <summary>Pieces that wait, the oldest first.</summary>
    public List<Piece> Waiting { get; init; } = [];

    /// <summary>The beginning of so many sources.</summary>
    public static BatchCursor Start(int sources) => new() { Sources = [.. Enumerable.Range(0, sources).Select(_ => new SourceCursor())] };

    /// <summary>Makes this equal to another of as many sources.</summary>
    public void CopyFrom(BatchCursor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Sources.Count != Sources.Count)
            throw new ArgumentException($"The cursor is over {other.Sources.Count} sources; the mixture has {Sources.Count}. Resume with the sources of the checkpoint.", nameof(other));
        for (int i = 0; i < Sources.Count; i++)
            (Sources[i].Epoch, Sources[i].Place, Sources[i].Taken, Sources[i].Before) = (other.Sources[i].Epoch, other.Sources[i].Place, other.Sources[i].Taken, other.Sources[i].Before);
        Phase = other.Phase;
        Waiting.Clear();
        Waiting.AddRange(other.Waiting);
    }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>From JSON.</summary>
    public static BatchCursor Parse(string json) => JsonSerializer.Deserialize<BatchCursor>(json, Json)!;
}
