using Athanor.Data.Deduplication;
using Athanor.Data.Documents;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_exact</c>; there are none yet.</summary>
public sealed record DedupExactSettings;

/// <summary>Drops documents whose text was there before.</summary>
public static class DedupExactStage
{
    internal static StageKind Kind { get; } = StageKind.Of<DedupExactSettings>("dedup_exact", "1", "Drops documents whose text was there before; removed.jsonl names each with the one that was kept.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
    };

    private static Task Run(StageContext context, DedupExactSettings settings, CancellationToken cancellation)
    {
        var seen = new ExactDuplicates();
        using var kept = new DocumentWriter(Path.Combine(context.Output, DocumentFile.Name));
        using var removed = new DocumentWriter(Path.Combine(context.Output, "removed.jsonl"));
        foreach (Artifact input in context.Inputs)
            DocumentSets.RefuseHeldOut(input, context.Name);
        context.Progress.Expect(null, "documents");
        foreach (Document document in context.Inputs.SelectMany(input => DocumentFile.Read(input.PathOf(DocumentFile.Name))))
        {
            cancellation.ThrowIfCancellationRequested();
            if (seen.Find(document) is { } first)
            {
                removed.WriteObject((document, first), static (json, removal) =>
                {
                    json.WriteString("id", removal.document.Id);
                    json.WriteString("reason", "exact_duplicate");
                    json.WriteString("kept", removal.first);
                });
            }
            else
                kept.Write(document);
            context.Progress.Report(kept.Count + removed.Count);
        }
        context.Note("documents", kept.Count);
        context.Note("characters", kept.Length);
        context.Note("removed", removed.Count);
        return Task.CompletedTask;
    }
}
