using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Runs.Files;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Makes a stage kind of a reader: it writes its documents, counts what could not be read and names the first of each kind in <c>problems.jsonl</c>.</summary>
internal static class ReaderStage
{
    public const string ProblemFile = "problems.jsonl";

    public static StageKind Kind<TSettings>(string name, string summary, string version = "1") where TSettings : ReaderSettings =>
        StageKind.Of<TSettings>(name, version, summary, DataStages.Documents, Run) with { UsesSeed = false };

    private static Task Run(StageContext context, ReaderSettings settings, CancellationToken cancellation)
    {
        IDocumentReader reader = settings.Open();
        IReadOnlyList<ReadTask> tasks = reader.Tasks(settings.TaskMb * 1_000_000L);
        var problems = new ReadProblems();
        using var writer = new DocumentWriter(Path.Combine(context.Output, DocumentFile.Name));
        context.Progress.Expect(tasks.Sum(task => task.Bytes), "bytes");
        long done = 0;
        foreach (ReadTask task in tasks)
        {
            foreach (ReadDocument read in reader.Read(task, default, problems, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                writer.Write(read.Document);
            }
            context.Progress.Report(done += task.Bytes, $"{writer.Count:N0} documents");
        }
        if (writer.Count == 0)
            throw new InvalidDataException($"'{settings.Path}' holds no document that can be read{First(problems)}.");
        context.Note("files", tasks.SelectMany(task => task.Parts).Select(part => part.Path).Distinct().Count());
        context.Note("documents", writer.Count);
        context.Note("characters", writer.Length);
        NoteProblems(context, problems);
        return Task.CompletedTask;
    }

    /// <summary>Puts the counts into the manifest and the first problems of each kind into a file.</summary>
    public static void NoteProblems(StageContext context, ReadProblems problems)
    {
        context.Note("problems", problems.Total);
        foreach ((ReadProblemKind kind, long count) in problems.Counts)
            context.Note("problems_" + ReadProblems.NameOf(kind), count);
        if (problems.Total == 0)
            return;
        using var file = new JsonLines(Path.Combine(context.Output, ProblemFile));
        foreach (ReadProblem problem in problems.First)
        {
            file.Append(problem, static (json, problem) =>
            {
                json.WriteString("kind", ReadProblems.NameOf(problem.Kind));
                json.WriteString("file", problem.File);
                json.WriteNumber("offset", problem.Offset);
                json.WriteString("detail", problem.Detail);
            });
        }
    }

    private static string First(ReadProblems problems) =>
        problems.First.Count == 0 ? "" : $": {problems.First[0].File} at byte {problems.First[0].Offset}: {problems.First[0].Detail}";
}
