using System.Globalization;

namespace Athanor.Data.Slurm;

/// <summary>What is known about a task that failed.</summary>
/// <param name="Text">One or two sentences for people.</param>
/// <param name="Permanent">Trying again is no use.</param>
internal sealed record SlurmFailure(string Text, bool Permanent)
{
    public static SlurmFailure Of(SlurmFolder folder, SlurmCommands slurm, SlurmStage stage, SlurmJob job, int part, SlurmTask? task)
    {
        int index = job.IsWhole ? -1 : part - job.Offset;
        SlurmTask? account = slurm.Accounts([job.Id]).FirstOrDefault(found => found.Index == index && found.Ended);
        string state = task?.State ?? account?.State ?? "gone from squeue", node = task?.Node is { Length: > 0 } at ? at : account?.Node ?? "";
        string name = $"{NameOf(stage, part)} (job {Id(job, index)}{(node.Length > 0 ? $" on {node}" : "")})";
        string log = job.IsWhole ? folder.LogOf(stage.Name, -1) : folder.FindLog(stage.Name, part, job.Offset);
        string exit = account is { Reason: { Length: > 0 } code } && code != "0:0" ? $", exit code {code}" : "";
        SlurmNote? note = folder.Read(stage.Name, part);
        if (note is not null)
            return new SlurmFailure($"{name} failed: {note.Message.TrimEnd('.')}.", note.Permanent);
        if (account?.Reason == FormattableString.Invariant($"{SlurmScript.NotShared}:0") || Tail(log).Contains("must lie on a disk that all nodes share", StringComparison.Ordinal))
            return new SlurmFailure($"{name} does not see the run's folder. Put it (--runs) on a disk that all nodes share.", Permanent: true);
        return state switch
        {
            "TIMEOUT" => new SlurmFailure($"{name} met its time limit; it goes on where it saved its progress. A larger data.slurm.time needs fewer tries.", false),
            "NODE_FAIL" or "BOOT_FAIL" => new SlurmFailure($"{name} was lost with its node.", false),
            "OUT_OF_MEMORY" => new SlurmFailure($"{name} took more memory than it had. Raise data.slurm.memory.", false),
            "COMPLETED" => new SlurmFailure($"{name} ended well, but nothing of it is to be seen here: the node writes to another disk. Put the run (--runs) on a disk that all nodes share.", false),
            "CANCELLED" => new SlurmFailure($"{name} was cancelled by somebody else.", false),
            _ when !File.Exists(log) => new SlurmFailure($"{name} is {state}{exit} and left neither a note nor the log {log}, as where the node does not see this disk. The run (--runs) must lie on a disk that all nodes share.", false),
            _ => new SlurmFailure($"{name} is {state}{exit}: {(Tail(log) is { Length: > 0 } tail ? tail + " " : "")}(log {log})", false),
        };
    }

    public static string NameOf(SlurmStage stage, int part) => part < 0 ? $"the stage '{stage.Name}'" : string.Create(CultureInfo.InvariantCulture, $"part {part} of {stage.Count} of '{stage.Name}'");

    private static string Id(SlurmJob job, int index) => index < 0 ? job.Id.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{job.Id}_{index}");

    /// <summary>The last line that says something.</summary>
    private static string Tail(string log)
    {
        try
        {
            using FileStream stream = new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Position = Math.Max(0, stream.Length - 4096);
            using var reader = new StreamReader(stream);
            string line = reader.ReadToEnd().Split('\n').LastOrDefault(line => line.Trim().Length > 0)?.Trim() ?? "";
            return line.Length > 300 ? line[..300] + " ..." : line;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
