using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Signals;
using Athanor.Data.Statistics;
using Athanor.Data.Steps;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Takes documents through steps: a stage kind for each step of <see cref="StepCatalog"/>, and <see cref="ProcessStage"/> for several in one pass. Sets that are held out go through the same steps.</summary>
public static class StepStage
{
    /// <summary>What is written beside the documents.</summary>
    public const string RemovedFile = "removed.jsonl", SamplesFile = "samples.jsonl";

    internal static StageKind KindOf(StepKind step) => new()
    {
        Name = step.Name,
        Settings = step.Settings,
        Version = $"2.{step.Version}",
        Summary = step.Summary,
        Produces = DataStages.Documents,
        Takes = Takes([step]),
        Sections = [typeof(DataSettings)],
        UsesSeed = step.UsesSeed,
        Resumable = true,
        Run = (context, cancellation) => Run(context, [(step.Name, (IStepSource)context.Settings)], step.UsesSeed ? context.Seed : 0, cancellation),
        RunPart = (context, part, cancellation) => RunPart(context, [(step.Name, (IStepSource)context.Settings)], step.UsesSeed ? context.Seed : 0, part, cancellation),
    };

    /// <summary>Documents, and a model for each kind of model that the steps may need.</summary>
    internal static IReadOnlyList<StageInput> Takes(IEnumerable<StepKind> steps) =>
        [new StageInput(DataStages.Documents, 1, 64), .. steps.Select(step => step.ModelKind).OfType<string>().Distinct().Select(kind => new StageInput(kind, 0, 1))];

    private static IStepSource WithModel(StageContext context, IStepSource source) =>
        source is IModelSource needs && context.FindInput(StepCatalog.Of(source).ModelKind!) is { } model ? needs.WithModel(model.Folder) : source;

    internal static Task RunPart(StageContext context, IEnumerable<(string Kind, IStepSource Source)> sources, long seed, StagePart part, CancellationToken cancellation)
    {
        Work(context, sources, seed, part, cancellation);
        return Task.CompletedTask;
    }

    private static List<(DocumentSet Set, string Folder, StepRun Run)> Work(StageContext context, IEnumerable<(string Kind, IStepSource Source)> sources, long seed, StagePart? part, CancellationToken cancellation)
    {
        StepOptions options = context.Section<DataSettings>().Options;
        IReadOnlyList<PreparedStep> steps = PreparedStep.Of(sources.Select(step => (step.Kind, WithModel(context, step.Source))), seed);
        IReadOnlyList<DocumentSet> sets = DocumentSets.Of([.. context.Inputs.Where(input => input.Produces == DataStages.Documents)]);
        context.Progress.Expect(sets.Sum(set => BytesOf(set, part)), "bytes");
        long done = 0;
        var runs = new List<(DocumentSet Set, string Folder, StepRun Run)>();
        foreach (DocumentSet set in sets)
        {
            string folder = Path.Combine(context.Work, set.Name ?? "train");
            var run = new StepRun(set.Files, steps, options, folder, part);
            run.Run(bytes => context.Progress.Report(done + bytes, $"{run.Tally.Kept:N0} of {run.Tally.Documents:N0} kept"), cancellation);
            done += BytesOf(set, part);
            runs.Add((set, folder, run));
        }
        return runs;
    }

    private static long BytesOf(DocumentSet set, StagePart? part)
    {
        long[] lengths = [.. set.Files.Select(file => new FileInfo(file).Length)];
        return part is null ? lengths.Sum() : DocumentRange.Of(set.Files, part).Bytes(lengths);
    }

    internal static Task Run(StageContext context, IEnumerable<(string Kind, IStepSource Source)> sources, long seed, CancellationToken cancellation)
    {
        context.Section<DataSettings>().Declare(context);
        List<(DocumentSet Set, string Folder, StepRun Run)> runs = Work(context, sources, seed, null, cancellation);
        StepTally total = runs[0].Run.Tally;
        if (total.Documents > 0 && total.Kept == 0)
            context.Progress.Say($"all {total.Documents:N0} documents were removed: {string.Join(", ", total.Removed.OrderByDescending(rule => rule.Value).Take(3).Select(rule => $"{rule.Key} {rule.Value:N0}"))}");
        foreach ((DocumentSet set, string folder, StepRun run) in runs)
            Publish(context, set, folder, run);
        return Task.CompletedTask;
    }

    private static void Publish(StageContext context, DocumentSet set, string folder, StepRun run)
    {
        Move(StepRun.Kept, set.Name is null ? DocumentFile.Name : DocumentSets.FileOf(set.Name));
        Move(StepRun.Removed, Named(RemovedFile, set));
        Move(StepRun.Signals, Named(SignalFile.Name, set));
        run.Samples.Write(Path.Combine(context.Output, Named(SamplesFile, set)));
        using (FileStream statistics = File.Create(Path.Combine(context.Output, Named(SignalStatistics.FileName, set))))
            SignalStatistics.Of(Path.Combine(context.Output, Named(SignalFile.Name, set))).Write(statistics);
        string prefix = set.Name is null ? "" : $"val_{set.Name}_";
        context.Note(prefix + "documents", run.Tally.Kept);
        context.Note(prefix + "characters", run.Tally.KeptCharacters);
        context.Note(prefix + "removed", run.Tally.Documents - run.Tally.Kept);
        context.Note(prefix + "characters_before", run.Tally.Characters);
        foreach ((string rule, long count) in run.Tally.Removed)
            context.Note($"{prefix}removed {rule}", count);

        void Move(string from, string to) => File.Move(Path.Combine(folder, from), Path.Combine(context.Output, to));
    }

    /// <summary>A file's name for a set that is held out: <c>removed-val-random.jsonl</c>.</summary>
    internal static string Named(string file, DocumentSet set) =>
        set.Name is null ? file : $"{Path.GetFileNameWithoutExtension(file)}-val-{set.Name}{Path.GetExtension(file)}";
}
