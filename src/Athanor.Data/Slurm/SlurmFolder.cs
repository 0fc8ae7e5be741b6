using System.Globalization;
using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Data.Slurm;

/// <summary>What a failed task leaves behind for the controller.</summary>
/// <param name="Message">What went wrong.</param>
/// <param name="Host">Where.</param>
/// <param name="Permanent">Whether trying again is no use.</param>
public sealed record SlurmNote(string Message, string Host, bool Permanent);

/// <summary>
/// The folder <c>slurm</c> of a run: a script a stage, logs and notes of tasks, and <c>jobs.jsonl</c> with every job that was submitted, from which a later controller finds those that still run.
/// </summary>
/// <param name="run">The run's folder.</param>
public sealed class SlurmFolder(string run)
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(run), "slurm");

    /// <summary>Where jobs that make whole artifacts keep ledgers of their own.</summary>
    public string LedgersOf(string stage) => Path.Combine(_folder, "ledgers", stage);

    internal string Shared => Path.Combine(_folder, "shared");

    internal string ScriptOf(string stage, bool part) => Path.Combine(_folder, "scripts", $"{stage}.{(part ? "part" : "whole")}.sh");

    /// <summary>The log of a part or, for -1, of the job that makes the artifact.</summary>
    internal string LogOf(string stage, int part) => Path.Combine(_folder, "logs", stage, part < 0 ? "whole.log" : string.Create(CultureInfo.InvariantCulture, $"part-{part}.log"));

    /// <summary>The same as a pattern for sbatch; tasks beyond the first array are named by the sum.</summary>
    internal string LogPatternOf(string stage, bool part, int offset) =>
        SlurmScript.Pattern(Path.Combine(_folder, "logs", stage)) + (!part ? "/whole.log" : offset == 0 ? "/part-%a.log" : string.Create(CultureInfo.InvariantCulture, $"/part-{offset}+%a.log"));

    internal string FindLog(string stage, int part, int offset) => offset == 0 ? LogOf(stage, part) : Path.Combine(_folder, "logs", stage, string.Create(CultureInfo.InvariantCulture, $"part-{offset}+{part - offset}.log"));

    internal void Prepare(IEnumerable<string> stages)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "notes"));
        foreach (string stage in stages)
            Directory.CreateDirectory(Path.Combine(_folder, "logs", stage));
        AtomicFile.WriteText(Shared, "Tasks look for this file to see whether the disk is shared.\n");
    }

    /// <summary>Leaves a note of how a task failed.</summary>
    public void Write(string stage, int? part, SlurmNote note) => AtomicFile.Write(NoteOf(stage, part ?? -1), stream => JsonSerializer.Serialize(stream, note));

    /// <summary>Takes an earlier note away: the task begins again.</summary>
    public void Clear(string stage, int? part) => File.Delete(NoteOf(stage, part ?? -1));

    internal SlurmNote? Read(string stage, int part)
    {
        try
        {
            return JsonSerializer.Deserialize<SlurmNote>(File.ReadAllBytes(NoteOf(stage, part)));
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Jobs that were submitted and not taken away again.</summary>
    internal IReadOnlyList<SlurmJob> Jobs()
    {
        var jobs = new Dictionary<long, SlurmJob>();
        foreach (JsonElement line in JsonLinesReader.Read(JobsFile))
        {
            if (line.TryGetProperty("cancelled", out JsonElement cancelled))
                jobs.Remove(cancelled.GetInt64());
            else if (line.Deserialize<SlurmJob>() is { } job)
                jobs[job.Id] = job;
        }
        return [.. jobs.Values];
    }

    internal void Note(SlurmJob job)
    {
        using var file = new JsonLines(JobsFile, TimeSpan.Zero);
        file.Append(job, static (json, job) =>
        {
            foreach (JsonProperty property in JsonSerializer.SerializeToElement(job).EnumerateObject())
                property.WriteTo(json);
        });
    }

    internal void NoteCancelled(IEnumerable<long> jobs)
    {
        using var file = new JsonLines(JobsFile, TimeSpan.Zero);
        foreach (long job in jobs)
            file.Append(job, static (json, job) => json.WriteNumber("cancelled", job));
    }

    private string JobsFile => Path.Combine(_folder, "jobs.jsonl");

    private string NoteOf(string stage, int part) => Path.Combine(_folder, "notes", part < 0 ? $"{stage}.json" : string.Create(CultureInfo.InvariantCulture, $"{stage}.{part}.json"));
}
