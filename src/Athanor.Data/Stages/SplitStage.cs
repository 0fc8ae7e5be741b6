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
    };

    private static Task Run(StageContext context, SplitSettings settings, CancellationToken cancellation)
    {
        foreach (Artifact input in context.Inputs)
            DocumentSets.RefuseHeldOut(input, context.Name);
        var split = new HeldOutSplit(context.Seed, settings.HeldOut, settings.GroupBy, settings.HeldOutGroups);
        var sets = new Dictionary<string, DocumentWriter>(StringComparer.Ordinal);
        using var training = new DocumentWriter(Path.Combine(context.Output, DocumentFile.Name));
        try
        {
            context.Progress.Expect(null, "documents");
            long done = 0, grouped = 0;
            foreach (Document document in context.Inputs.SelectMany(input => DocumentFile.Read(input.PathOf(DocumentFile.Name))))
            {
                cancellation.ThrowIfCancellationRequested();
                if (settings.GroupBy is not null && document.Metadata.ContainsKey(settings.GroupBy))
                    grouped++;
                DocumentWriter target = training;
                if (split.SetOf(document) is { } set && !sets.TryGetValue(set, out target!))
                    sets.Add(set, target = new DocumentWriter(Path.Combine(context.Output, DocumentSets.FileOf(set))));
                target.Write(document);
                context.Progress.Report(++done);
            }
            if (training.Count == 0)
                throw new InvalidDataException($"Nothing is left to train on: {done} documents came in and all were held out. Lower held_out.");
            if (settings.GroupBy is not null && grouped == 0)
                throw new InvalidDataException($"No document has the metadata '{settings.GroupBy}' that group_by names.");
            if (settings.HeldOut > 0 && !sets.ContainsKey(HeldOutSplit.Random))
                context.Progress.Say($"of {done} documents none was held out at random: too few for a share of {settings.HeldOut}");
            context.Note("documents", training.Count);
            context.Note("characters", training.Length);
            foreach ((string set, DocumentWriter writer) in sets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                context.Note($"val_{set}_documents", writer.Count);
                context.Note($"val_{set}_characters", writer.Length);
            }
        }
        finally
        {
            foreach (DocumentWriter writer in sets.Values)
                writer.Dispose();
        }
        return Task.CompletedTask;
    }
}
