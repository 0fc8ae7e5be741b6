using System.ComponentModel.DataAnnotations;
using Athanor.Data.Execution;
using Athanor.Data.Slurm;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Where stages over documents and tokens run.</summary>
public enum DataExecutor
{
    /// <summary>In this process, by its workers.</summary>
    Local,

    /// <summary>As jobs of a Slurm cluster.</summary>
    Slurm,
}

/// <summary>The section <c>data</c>: how stages that take documents through steps work and what they tell.</summary>
public sealed record DataSettings
{
    /// <summary>What is written about removed documents: sample (a line each, the whole text of some), all (whole texts), none (counts and samples).</summary>
    public RemovedText Removed { get; init; }

    /// <summary>Documents of each sample: of what was kept, of what each rule removed, of each rule's closest calls.</summary>
    [Range(0, 10_000)]
    public int Samples { get; init; } = 20;

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Workers { get; init; }

    /// <summary>Bytes of this process above which nothing is read ahead; left out, half of the machine's memory.</summary>
    [Operational, Range(1 << 20, long.MaxValue)]
    public long? Memory { get; init; }

    /// <summary>The time between notes of how far a stage is, from which it goes on after a kill.</summary>
    [Operational, Range(0, 86_400)]
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where stages over documents and tokens run: local, or slurm (jobs of a cluster; the result does not depend on it).</summary>
    [Operational]
    public DataExecutor Executor { get; init; }

    /// <summary>For executor: slurm.</summary>
    [Operational]
    public SlurmSettings Slurm { get; init; } = new();

    /// <summary>The watermark is of the whole process; what it holds already is not the stage's.</summary>
    internal void Declare(StageContext context)
    {
        if (Memory is { } watermark)
            context.DeclareMemory(Math.Max(0, watermark - Environment.WorkingSet));
    }

    internal StepOptions Options => new(Workers ?? Environment.ProcessorCount, Removed, Samples, Memory ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, CheckpointEvery);
}
