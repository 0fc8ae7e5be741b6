using System.Text.Json.Serialization;

namespace Athanor.Data.Slurm;

/// <summary>A job that was submitted: an array over parts of a stage, or the job that makes its artifact.</summary>
internal sealed record SlurmJob
{
    /// <summary>Slurm's number.</summary>
    public required long Id { get; init; }

    public required string Stage { get; init; }

    /// <summary>The parts that are still looked for; empty where it makes the artifact.</summary>
    public required List<int> Parts { get; init; }

    /// <summary>Into how many parts the stage was cut; 0 where it makes the artifact.</summary>
    public int Of { get; init; }

    /// <summary>What is added to the number of an array task.</summary>
    public int Offset { get; init; }

    /// <summary>Some of its tasks have failed: nothing may wait for all of them to end well.</summary>
    [JsonIgnore]
    public bool Broken { get; set; }

    [JsonIgnore]
    public bool IsWhole => Of == 0;
}

/// <summary>A stage that Slurm is to make.</summary>
internal sealed class SlurmStage
{
    public required string Name { get; init; }

    /// <summary>Parts; 0 where the stage is not cut.</summary>
    public required int Count { get; init; }

    /// <summary>Stages that Slurm makes before it.</summary>
    public required IReadOnlyList<SlurmStage> From { get; init; }

    /// <summary>Its artifact is there.</summary>
    public bool Made { get; set; }

    /// <summary>Where its parts lie; known once its inputs are made.</summary>
    public string? Work { get; set; }

    /// <summary>Parts that are done.</summary>
    public HashSet<int> Done { get; } = [];

    public List<SlurmJob> Arrays { get; } = [];

    public SlurmJob? Whole { get; set; }

    /// <summary>How often each part, or -1 for the artifact, failed.</summary>
    public Dictionary<int, int> Failures { get; } = [];

    /// <summary>Tasks that run now, as Slurm said last.</summary>
    public int Running { get; set; }

    public bool CanRun => From.All(stage => stage.Made);

    public IEnumerable<SlurmJob> Jobs => Whole is null ? Arrays : Arrays.Append(Whole);
}
