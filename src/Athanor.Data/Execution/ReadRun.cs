using System.Diagnostics;
using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Runs.Stages;

namespace Athanor.Data.Execution;

/// <summary>
/// Reads files in tasks that workers share. Each task writes a part of its own and notes from time to time how far it is; finished parts are joined in the order of the tasks. So the file is the same
/// whatever the number of workers, and a killed run goes on behind the last document that each task noted.
/// </summary>
internal sealed class ReadRun(IDocumentReader reader, IReadOnlyList<ReadTask> tasks, int workers, TimeSpan checkpointEvery, string folder)
{
    /// <summary>The file that is made in the folder.</summary>
    public const string Documents = "documents.jsonl";
    private const string Whole = "whole.json";

    /// <summary>What was read so far.</summary>
    public ReadProgress Progress { get; private set; } = ReadProgress.None;

    /// <summary>Reads, or goes on.</summary>
    /// <param name="progress">Takes bytes of files that are done.</param>
    /// <param name="cancellation">Saves the places of all tasks and stops.</param>
    public void Run(Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        using var output = new FileStream(Path.Combine(folder, Documents), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1);
        if (ReadProgress.Read(Path.Combine(folder, Whole)) is { } before && before.Length <= output.Length)
            Progress = before;
        output.SetLength(Progress.Length);
        output.Position = Progress.Length;
        long done = tasks.Take(Progress.Task).Sum(task => task.Bytes);
        progress(done);
        OrderedWork.Run(tasks.Skip(Progress.Task), workers, () => 0, (_, task) => Read(task, cancellation), (task, part) =>
        {
            string path = PartOf(task);
            using (FileStream written = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan))
                written.CopyTo(output);
            output.Flush(flushToDisk: true);
            Progress = Progress.Join(part, task.Index + 1, output.Position);
            Progress.Write(Path.Combine(folder, Whole));
            File.Delete(path);
            File.Delete(path + ".json");
            progress(done += task.Bytes);
        }, () => false, cancellation);
    }

    /// <summary>Reads the tasks of one part, every <see cref="StagePart.Count"/>-th, and leaves them for the process that joins them.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="progress">Takes bytes of files that are done.</param>
    /// <param name="cancellation">Saves the places of all tasks and stops.</param>
    public void RunPart(StagePart part, Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        int joined = ReadProgress.Read(Path.Combine(folder, Whole))?.Task ?? 0;
        long done = 0;
        OrderedWork.Run(TasksOf(part).Where(task => task.Index >= joined), workers, () => 0, (_, task) => Read(task, cancellation), (task, read) =>
        {
            Progress = Progress.Join(read, 0, 0);
            progress(done += task.Bytes);
        }, () => false, cancellation);
    }

    /// <summary>The tasks of a part.</summary>
    public IEnumerable<ReadTask> TasksOf(StagePart part) => tasks.Where(task => task.Index % part.Count == part.Index);

    private string PartOf(ReadTask task) => Path.Combine(folder, FormattableString.Invariant($"part-{task.Index:000000}"));

    private ReadProgress Read(ReadTask task, CancellationToken cancellation)
    {
        string path = PartOf(task);
        using var output = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16);
        ReadProgress progress = ReadProgress.Read(path + ".json") is { } before && before.Length <= output.Length ? before : ReadProgress.None;
        output.SetLength(progress.Length);
        if (progress.Task > 0)
            return progress;
        output.Position = progress.Length;
        ReadProblems problems = progress.Problems.Restore();
        using var lines = new JsonLineBuffer();
        long saved = Stopwatch.GetTimestamp();
        try
        {
            foreach (ReadDocument read in reader.Read(task, progress.Mark, problems, cancellation))
            {
                lines.Write(read.Document);
                output.Write(lines.Bytes);
                lines.Clear();
                progress = progress with { Mark = read.Next, Documents = progress.Documents + 1, Characters = progress.Characters + read.Document.Text.Length };
                if (!cancellation.IsCancellationRequested && Stopwatch.GetElapsedTime(saved) < checkpointEvery)
                    continue;
                // Before the next document is read, its problems are not among those noted.
                Save(0);
                saved = Stopwatch.GetTimestamp();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellation);
        }
        Save(1);
        return progress;

        void Save(int task)
        {
            output.Flush(flushToDisk: true);
            progress = progress with { Task = task, Length = output.Position, Problems = StoredProblems.Of(problems) };
            progress.Write(path + ".json");
        }
    }
}
