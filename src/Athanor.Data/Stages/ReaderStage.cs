using Athanor.Data.Documents;
using Athanor.Data.Execution;
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
        StageKind.Of<TSettings>(name, version, summary, DataStages.Documents, Run) with
        {
            UsesSeed = false,
            Sections = [typeof(DataSettings)],
            Resumable = true,
            RunPart = static (context, part, cancellation) => RunPart(context, (ReaderSettings)context.Settings, part, cancellation),
        };

    private static Task RunPart(StageContext context, ReaderSettings settings, StagePart part, CancellationToken cancellation)
    {
        IDocumentReader reader = settings.Open();
        DataSettings data = context.Section<DataSettings>();
        var run = new ReadRun(reader, reader.Tasks(settings.TaskMb * 1_000_000L), data.Options.Workers, data.CheckpointEvery, context.Work);
        context.Progress.Expect(run.TasksOf(part).Sum(task => task.Bytes), "bytes");
        run.RunPart(part, bytes => context.Progress.Report(bytes, $"{run.Progress.Documents:N0} documents"), cancellation);
        return Task.CompletedTask;
    }

    private static Task Run(StageContext context, ReaderSettings settings, CancellationToken cancellation)
    {
        IDocumentReader reader = settings.Open();
        IReadOnlyList<ReadTask> tasks = reader.Tasks(settings.TaskMb * 1_000_000L);
        DataSettings data = context.Section<DataSettings>();
        data.Declare(context);
        context.Progress.Expect(tasks.Sum(task => task.Bytes), "bytes");
        var run = new ReadRun(reader, tasks, data.Options.Workers, data.CheckpointEvery, context.Work);
        run.Run(bytes => context.Progress.Report(bytes, $"{run.Progress.Documents:N0} documents"), cancellation);
        ReadProblems problems = run.Progress.Problems.Restore();
        if (run.Progress.Documents == 0)
            throw new InvalidDataException($"'{settings.Path}' holds no document that can be read{First(problems)}.");
        File.Move(Path.Combine(context.Work, ReadRun.Documents), Path.Combine(context.Output, DocumentFile.Name));
        context.Note("files", tasks.SelectMany(task => task.Parts).Select(part => part.Path).Distinct().Count());
        context.Note("documents", run.Progress.Documents);
        context.Note("characters", run.Progress.Characters);
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

    internal static string First(ReadProblems problems) =>
        problems.First.Count == 0 ? "" : $": {problems.First[0].File} at byte {problems.First[0].Offset}: {problems.First[0].Detail}";
}
