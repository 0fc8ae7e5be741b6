using System.Globalization;
using Athanor.Runs.Files;

namespace Athanor.Data.Slurm;

/// <summary>Writes scripts and gives them to sbatch.</summary>
/// <param name="recipe">The recipe's name, for the jobs' names.</param>
/// <param name="run">The run's folder.</param>
/// <param name="runs">The folder of all runs, with the store.</param>
/// <param name="tool">The words that start the tool.</param>
internal sealed class SlurmSubmission(string recipe, string run, string runs, IReadOnlyList<string> tool, SlurmCommands slurm, SlurmFolder folder, SlurmSettings settings)
{
    /// <summary>Arrays over parts of a stage; they wait for the stages it takes from.</summary>
    public IEnumerable<SlurmJob> Parts(SlurmStage stage, IEnumerable<int> parts)
    {
        string script = Script(stage, part: true);
        string[] waits = [.. stage.From.Where(from => from.Whole is not null && !from.Made).Select(from => Number(from.Whole!.Id))];
        // An array's numbers, not only their count, are limited.
        foreach (IGrouping<int, int> array in parts.GroupBy(part => part / settings.MaxArray * settings.MaxArray).ToArray())
        {
            string numbers = SlurmScript.Ranges(array.Select(part => part - array.Key)) + (settings.Running is { } most ? $"%{Number(most)}" : "");
            List<string> arguments = [$"--array={numbers}", .. Common(stage, part: true, array.Key, settings.Cpus, settings.Memory, settings.Time), .. Waiting(waits, [])];
            var job = new SlurmJob { Id = slurm.Submit(arguments, script, Number(array.Key)), Stage = stage.Name, Parts = [.. array], Of = stage.Count, Offset = array.Key };
            folder.Note(job);
            yield return job;
        }
    }

    /// <summary>The job that makes a stage's artifact: behind its parts, or the stages it takes from.</summary>
    public SlurmJob Whole(SlurmStage stage)
    {
        // Of an array with tasks that failed and were queued again, the end counts and not that all ended well.
        string[] ok = [.. stage.Arrays.Where(job => !job.Broken).Select(job => Number(job.Id)), .. stage.From.Where(from => from.Whole is not null && !from.Made).Select(from => Number(from.Whole!.Id))];
        string[] any = [.. stage.Arrays.Where(job => job.Broken).Select(job => Number(job.Id))];
        List<string> arguments = [.. Common(stage, part: false, 0, settings.WholeCpus ?? settings.Cpus, settings.WholeMemory ?? settings.Memory, settings.WholeTime ?? settings.Time), .. Waiting(ok, any)];
        var job = new SlurmJob { Id = slurm.Submit(arguments, Script(stage, part: false)), Stage = stage.Name, Parts = [] };
        folder.Note(job);
        return job;
    }

    private IEnumerable<string> Common(SlurmStage stage, bool part, int offset, int cpus, long? memory, TimeSpan? time)
    {
        yield return $"--job-name={recipe}.{stage.Name}";
        yield return $"--output={folder.LogPatternOf(stage.Name, part, offset)}";
        yield return "--open-mode=append";
        yield return $"--chdir={SlurmScript.Pattern(Environment.CurrentDirectory)}";
        // A node that dies is Slurm's to replace, also where nobody follows.
        yield return "--requeue";
        yield return "--nodes=1";
        yield return "--ntasks=1";
        yield return $"--cpus-per-task={Number(cpus)}";
        if (memory is { } bytes)
            yield return string.Create(CultureInfo.InvariantCulture, $"--mem={(bytes + (1 << 20) - 1) >> 20}M");
        if (time is { } limit)
        {
            yield return $"--time={SlurmScript.Time(limit)}";
            yield return "--signal=B:TERM@60";
        }
        if (settings.Partition is { } partition)
            yield return $"--partition={partition}";
        if (settings.Account is { } account)
            yield return $"--account={account}";
        foreach (string argument in settings.Arguments)
            yield return argument;
    }

    private static IEnumerable<string> Waiting(string[] ok, string[] any)
    {
        if (ok.Length + any.Length == 0)
            yield break;
        yield return "--dependency=" + string.Join(',', new[] { ok.Length > 0 ? "afterok:" + string.Join(':', ok) : null, any.Length > 0 ? "afterany:" + string.Join(':', any) : null }.OfType<string>());
        yield return "--kill-on-invalid-dep=yes";
    }

    private string Script(SlurmStage stage, bool part)
    {
        string path = folder.ScriptOf(stage.Name, part);
        IEnumerable<string> command = [.. settings.Command.Count > 0 ? settings.Command : tool, "data", "slurm-task", run, "--runs", runs, "--stage", stage.Name, .. part ? (string[])["--of", Number(stage.Count)] : []];
        AtomicFile.WriteText(path, SlurmScript.Text($"{recipe}: {SlurmFailure.NameOf(stage, -1)}{(part ? ", a part" : "")}", folder.Shared, settings.Setup, part ? settings.Memory : settings.WholeMemory ?? settings.Memory, command, part));
        return path;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
