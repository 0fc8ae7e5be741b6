using System.Diagnostics;
using System.Globalization;

namespace Athanor.Data.Slurm;

/// <summary>Slurm's own programs. Arguments go to them as they are, never through a shell.</summary>
/// <param name="programs">Their folder, or null where they are on the PATH.</param>
internal sealed class SlurmCommands(string? programs = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private bool _accounting = true;

    /// <summary>Submits a script.</summary>
    /// <returns>The job's number.</returns>
    /// <exception cref="SlurmException">sbatch is not there or refused.</exception>
    public long Submit(IReadOnlyList<string> arguments, string script, params string[] forScript)
    {
        (int code, string output, string errors) = Run("sbatch", ["--parsable", .. arguments, script, .. forScript])
            ?? throw new SlurmException($"sbatch was not found {Where}, so nothing can be given to Slurm. Run on a machine from which jobs are submitted, give data.slurm.programs its folder, or leave out executor: slurm.");
        // --parsable says NUMBER, or NUMBER;CLUSTER.
        string number = output.Trim().Split('\n')[^1].Split(';')[0];
        if (code == 0 && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long job))
            return job;
        throw new SlurmException($"sbatch refused {Path.GetFileName(script)}: {Said(code, errors.Length > 0 ? errors : output)}{Remedy(errors)}");
    }

    /// <summary>What jobs are doing, a task each; those that Slurm has forgotten are not among them. Null where Slurm does not answer.</summary>
    public IReadOnlyList<SlurmTask>? Query(IReadOnlyList<long> jobs)
    {
        (int code, string output, string errors) = Run("squeue", ["--noheader", "--array", "--states=all", "--jobs=" + Ids(jobs), "--format=%i|%T|%N|%r"])
            ?? throw new SlurmException($"squeue was not found {Where}, so jobs cannot be followed. Install Slurm's client programs.");
        if (code != 0)
            return errors.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase) ? [] : null;
        return [.. output.Split('\n').Select(SlurmTask.Parse).OfType<SlurmTask>()];
    }

    /// <summary>How tasks ended, where the cluster keeps accounts: state, node, exit code as the reason.</summary>
    public IReadOnlyList<SlurmTask> Accounts(IReadOnlyList<long> jobs)
    {
        if (!_accounting || jobs.Count == 0)
            return [];
        if (Run("sacct", ["--noheader", "--parsable2", "--allocations", "--jobs=" + Ids(jobs), "--format=JobID,State,NodeList,ExitCode"]) is not (0, { } output, _))
        {
            // It is not there, or accounting is off: squeue and the marks on the disk must do.
            _accounting = false;
            return [];
        }
        return [.. output.Split('\n').Select(SlurmTask.Parse).OfType<SlurmTask>()];
    }

    /// <summary>Takes jobs away; those that have ended already do no harm.</summary>
    public void Cancel(IReadOnlyCollection<long> jobs)
    {
        if (jobs.Count > 0)
            Run("scancel", [.. jobs.Select(job => job.ToString(CultureInfo.InvariantCulture))]);
    }

    private string Where => programs is null ? "on the PATH" : $"in {programs}";

    private static string Ids(IReadOnlyList<long> jobs) => string.Join(',', jobs.Select(job => job.ToString(CultureInfo.InvariantCulture)));

    private static string Said(int code, string text) => text.Trim() is { Length: > 0 } said ? string.Join(' ', said.Split('\n', StringSplitOptions.TrimEntries)) : $"exit code {code} and not a word.";

    private static string Remedy(string errors) =>
        // Slurm has several words for what no node has.
        Has(errors, "configuration") || Has(errors, "processors") || Has(errors, "CPU count") || Has(errors, "memory") || Has(errors, "time limit") ? " Lower data.slurm.cpus, data.slurm.memory or data.slurm.time to what the partition gives."
        : Has(errors, "array") ? " Lower data.slurm.max_array below the MaxArraySize that `scontrol show config` shows."
        : Has(errors, "partition") ? " Give data.slurm.partition one that `sinfo` lists."
        : Has(errors, "account") ? " Give data.slurm.account one that you may use."
        : "";

    private static bool Has(string errors, string word) => errors.Contains(word, StringComparison.OrdinalIgnoreCase);

    private (int Code, string Output, string Errors)? Run(string program, IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(programs is null ? program : Path.Combine(programs, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return (-1, "", $"{program} did not answer within {Patience.TotalMinutes} minutes.");
            }
            return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
