using System.Globalization;

namespace Athanor.Data.Slurm;

/// <summary>What a job, or one task of a job array, is doing, as Slurm says it.</summary>
/// <param name="Job">The job's number.</param>
/// <param name="Index">The task's number in the array; -1 for a job that is none.</param>
/// <param name="State">Slurm's word: PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, NODE_FAIL …</param>
/// <param name="Node">Where it runs or ran; may be empty.</param>
/// <param name="Reason">Why it waits or how it ended; may be empty.</param>
internal sealed record SlurmTask(long Job, int Index, string State, string Node, string Reason)
{
    /// <summary>States from which nothing comes any more; all others may still end well.</summary>
    private static readonly HashSet<string> Ends = new(StringComparer.Ordinal) { "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "CANCELLED", "PREEMPTED", "BOOT_FAIL", "DEADLINE", "REVOKED" };

    public bool Ended => Ends.Contains(State);

    /// <summary>Slurm took it away because what it waited for failed.</summary>
    public bool NeverCouldRun => State == "CANCELLED" && Reason == "DependencyNeverSatisfied";

    /// <summary>A line of <c>squeue --format='%i|%T|%N|%r'</c>, or null.</summary>
    public static SlurmTask? Parse(string line)
    {
        string[] parts = line.Trim().Split('|');
        if (parts.Length < 2 || !Id(parts[0], out long job, out int index))
            return null;
        return new SlurmTask(job, index, Word(parts[1]), parts.Length > 2 ? parts[2] : "", parts.Length > 3 && parts[3] != "None" ? parts[3] : "");
    }

    /// <summary><c>12</c> or <c>12_3</c>; <c>12_[4-7]</c>, tasks that sacct knows as one, is passed over.</summary>
    public static bool Id(string text, out long job, out int index)
    {
        index = -1;
        int at = text.IndexOf('_', StringComparison.Ordinal);
        return long.TryParse(at < 0 ? text : text[..at], NumberStyles.None, CultureInfo.InvariantCulture, out job)
            && (at < 0 || int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index));
    }

    /// <summary>sacct says <c>CANCELLED by 0</c>.</summary>
    public static string Word(string state) => state.Split(' ')[0].TrimEnd('+');
}
