using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;

namespace Athanor.Data.Slurm;

/// <summary>How stages run on a Slurm cluster. Nothing of it has an influence on what they make.</summary>
public sealed record SlurmSettings : IValidated
{
    /// <summary>Parts into which the work of a step or a reader is cut, each a task of a job array; other stages are one job.</summary>
    [Range(1, 1_000_000)]
    public int Tasks { get; init; } = 16;

    /// <summary>Tasks of an array that run at a time; left out, as many as Slurm lets.</summary>
    [Range(1, 1_000_000)]
    public int? Running { get; init; }

    /// <summary>Tasks of one array; more tasks are several arrays. The cluster's MaxArraySize is the limit.</summary>
    [Range(1, 4_000_000)]
    public int MaxArray { get; init; } = 1000;

    /// <summary>The partition; left out, the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>The account that is charged; left out, the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Cores of a task, all of them used.</summary>
    [Range(1, 4096)]
    public int Cpus { get; init; } = 1;

    /// <summary>Memory of a task in bytes; the process keeps its heap below nine tenths of it. Left out, the cluster's default.</summary>
    [Range(64L << 20, 1L << 50)]
    public long? Memory { get; init; }

    /// <summary>Time limit of a task. A minute before its end the task saves its progress; it is queued again and goes on. Left out, the cluster's default.</summary>
    [Range(120, 31_536_000)]
    public TimeSpan? Time { get; init; }

    /// <summary>Cores of the job that joins a stage's parts, or does a stage that is not cut; left out, as for a task.</summary>
    [Range(1, 4096)]
    public int? WholeCpus { get; init; }

    /// <summary>Memory of that job; left out, as for a task.</summary>
    [Range(64L << 20, 1L << 50)]
    public long? WholeMemory { get; init; }

    /// <summary>Time limit of that job; left out, as for a task.</summary>
    [Range(120, 31_536_000)]
    public TimeSpan? WholeTime { get; init; }

    /// <summary>How often a task that failed or was lost is queued again.</summary>
    [Range(0, 1000)]
    public int Requeues { get; init; } = 3;

    /// <summary>The time between questions to Slurm.</summary>
    [Range(0.05, 3600)]
    public TimeSpan AskEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a shared disk may take to show what a task wrote elsewhere.</summary>
    [Range(0, 3600)]
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Further arguments of sbatch, such as --qos=long or --exclude=node7.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Lines of bash that run on the node before the tool, such as module load dotnet.</summary>
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>The words that start the tool on a node; left out, the program and the path by which it runs here.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The folder of sbatch, squeue, sacct and scancel where they are not on the PATH.</summary>
    public RecipePath? Programs { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Arguments.All(argument => argument.StartsWith('-')), nameof(Arguments), $"'{Arguments.FirstOrDefault(argument => !argument.StartsWith('-'))}' is no option of sbatch.", "Write each as --option=value.");
        string? own = Arguments.FirstOrDefault(argument => Own.Any(option => argument == option || argument.StartsWith(option + "=", StringComparison.Ordinal)));
        check.Require(own is null, nameof(Arguments), $"'{own}' is set by Athanor itself.", "Leave it out; tasks, running, time and the like are settings of their own.");
        foreach (string? name in (string?[])[Partition, Account])
            check.Require(name is null || (name.Length > 0 && !name.Any(char.IsWhiteSpace)), name == Account ? nameof(Account) : nameof(Partition), $"'{name}' names nothing that Slurm knows.", "Give a name without spaces, or leave it out.");
    }

    private static readonly string[] Own = ["--array", "-a", "--dependency", "-d", "--output", "-o", "--error", "-e", "--parsable", "--wrap", "--wait", "-W", "--job-name", "-J", "--no-requeue", "--hold", "-H"];
}
