using System.Globalization;
using System.Text;

namespace Athanor.Data.Slurm;

/// <summary>Makes the scripts that nodes run. Everything in them that comes from outside is quoted.</summary>
internal static class SlurmScript
{
    /// <summary>The exit code of a task whose node does not see the run's folder.</summary>
    public const int NotShared = 66;

    /// <summary>A script that starts the tool in place of itself, so that signals and the exit code are the tool's.</summary>
    /// <param name="title">What it does, for people.</param>
    /// <param name="shared">A file that is there where the disk is shared.</param>
    /// <param name="setup">Lines that the user wants to run first.</param>
    /// <param name="memory">Bytes that the job has, or null.</param>
    /// <param name="command">The words that start the tool.</param>
    /// <param name="part">Whether the number of an array task, and what is added to it (argument 1), follow.</param>
    public static string Text(string title, string shared, IEnumerable<string> setup, long? memory, IEnumerable<string> command, bool part)
    {
        var script = new StringBuilder("#!/bin/bash\n");
        script.Append($"# {title.ReplaceLineEndings(" ")}\n");
        script.Append($"if [ ! -e {Quote(shared)} ]; then\n");
        script.Append($"  echo \"athanor: node $(hostname) does not see \"{Quote(shared)}\": the run must lie on a disk that all nodes share.\" >&2\n");
        script.Append($"  exit {NotShared}\nfi\n");
        // The runtime counts the machine's cores where the cluster does not bind tasks to theirs.
        script.Append("[ -z \"${SLURM_CPUS_PER_TASK:-}\" ] || export DOTNET_PROCESSOR_COUNT=\"$SLURM_CPUS_PER_TASK\"\n");
        if (memory is { } bytes)
            script.Append(CultureInfo.InvariantCulture, $"export DOTNET_GCHeapHardLimit={bytes / 10 * 9:x}\n");
        foreach (string line in setup)
            script.Append(line).Append('\n');
        script.Append("exec ").AppendJoin(' ', command.Select(Quote));
        if (part)
            script.Append(" --part \"$((SLURM_ARRAY_TASK_ID + ${1:-0}))\"");
        return script.Append('\n').ToString();
    }

    /// <summary>One word of bash, whatever it holds.</summary>
    /// <exception cref="SlurmException">It holds a NUL or a line end, which no script line can.</exception>
    public static string Quote(string word) => word.AsSpan().ContainsAny('\0', '\n', '\r')
        ? throw new SlurmException($"'{word.ReplaceLineEndings(" ")}' has a line end in its name, which a job's script cannot have. Choose another folder.")
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A path in which sbatch replaces nothing.</summary>
    /// <exception cref="SlurmException">It holds a backslash, at which sbatch stops replacing.</exception>
    public static string Pattern(string path) => path.Contains('\\', StringComparison.Ordinal)
        ? throw new SlurmException($"'{path}' has a backslash in its name, which sbatch does not take. Choose another folder for runs.")
        : path.Replace("%", "%%", StringComparison.Ordinal);

    /// <summary>Numbers as sbatch takes them: <c>0-3,7</c>.</summary>
    public static string Ranges(IEnumerable<int> numbers)
    {
        var text = new StringBuilder();
        int first = -1, last = -2;
        foreach (int number in numbers.Order())
        {
            if (number == last + 1)
            {
                last = number;
                continue;
            }
            End();
            first = last = number;
        }
        End();
        return text.ToString();

        void End()
        {
            if (first < 0)
                return;
            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}");
            if (last > first)
                text.Append(CultureInfo.InvariantCulture, $"-{last}");
        }
    }

    /// <summary><c>D-HH:MM:SS</c>.</summary>
    public static string Time(TimeSpan time) => time.ToString(@"d\-hh\:mm\:ss", CultureInfo.InvariantCulture);
}
