using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Splitting;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>split</c>.</summary>
public sealed record SplitSettings : IValidated
{
    /// <summary>The share of documents that is held out at random, by the hash of their text: val-random.</summary>
    [Range(0, 0.5)]
    public double HeldOut { get; init; } = 0.03;

    /// <summary>Metadata by whose values whole groups are held out too, such as type for dotnet_docs: val-types.</summary>
    public string? GroupBy { get; init; }

    /// <summary>The share of groups that is held out.</summary>
    [Range(0, 0.5)]
    public double HeldOutGroups { get; init; } = 0.01;

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Workers { get; init; }

    /// <summary>The time between notes of how far the stage is, from which it goes on after a kill.</summary>
    [Operational, Range(0, 86_400)]
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(GroupBy is null || (GroupBy.Length > 0 && GroupBy.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')), nameof(GroupBy), $"'{GroupBy}' cannot name a set of documents.", "Use letters, digits and _.");
    }
}

/// <summary>Holds documents out of training.</summary>
public static class SplitStage
{
    internal static StageKind Kind { get; } = StageKind.Of<SplitSettings>("split", "1", "Holds documents out of training: a random share, and whole groups such as types.", DataStages.Documents, Run) with
    {
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Resumable = true,
    };

    private static Task Run(StageContext context, SplitSettings settings, CancellationToken cancellation)
    {
        foreach (Artifact input in context.Inputs)
            DocumentSets.RefuseHeldOut(input, context.Name);
        string[] files = [.. context.Inputs.Select(input => input.PathOf(DocumentFile.Name))];
        context.Progress.Expect(files.Sum(file => new FileInfo(file).Length), "bytes");
        var run = new SplitRun(files, new HeldOutSplit(context.Seed, settings.HeldOut, settings.GroupBy, settings.HeldOutGroups), settings.Workers ?? Environment.ProcessorCount, settings.CheckpointEvery, context.Work);
        run.Run(bytes => context.Progress.Report(bytes), cancellation);
        IReadOnlyDictionary<string, SplitSet> sets = run.Sets;
        SplitSet training = sets[DocumentFile.Name];
        long documents = sets.Values.Sum(set => set.Documents);
        if (training.Documents == 0)
            throw new InvalidDataException($"Nothing is left to train on: {documents} documents came in and all were held out. Lower held_out.");
        if (settings.GroupBy is not null && run.Grouped == 0)
            throw new InvalidDataException($"No document has the metadata '{settings.GroupBy}' that group_by names.");
        if (settings.HeldOut > 0 && !sets.ContainsKey(DocumentSets.FileOf(HeldOutSplit.Random)))
            context.Progress.Say($"of {documents} documents none was held out at random: too few for a share of {settings.HeldOut}");
        foreach ((string file, SplitSet set) in sets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            File.Move(Path.Combine(context.Work, file), Path.Combine(context.Output, file));
            string prefix = file == DocumentFile.Name ? "" : $"val_{DocumentSets.NameOf(file)}_";
            context.Note(prefix + "documents", set.Documents);
            context.Note(prefix + "characters", set.Characters);
        }
        return Task.CompletedTask;
    }
}
