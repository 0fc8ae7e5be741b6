using System.Text.Json;
using System.Text.Json.Serialization;
using Athanor.Data.Documents;
using Athanor.Data.Mixing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Mixes documents of several domains and puts them in order.</summary>
public static class MixStage
{
    private const string MixtureFile = "mixture.json";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    internal static StageKind Kind { get; } = StageKind.Of<MixSettings>("mix", "1", "Mixes documents of several domains by weights and a budget, and shuffles or sorts them.", DataStages.Documents, Run) with
    {
        Takes = [new StageInput(DataStages.Documents, 1, 64), new StageInput(DataStages.Tokenizer, 0, 1)],
        Sections = [typeof(DataSettings)],
        Resumable = true,
    };

    private static Task Run(StageContext context, MixSettings settings, CancellationToken cancellation)
    {
        DataSettings data = context.Section<DataSettings>();
        Tokenizer? tokenizer = settings.Unit == MixUnit.Tokens
            ? Tokenizer.Load((context.FindInput(DataStages.Tokenizer) ?? throw new InvalidOperationException($"'{context.Name}' measures in tokens and has no tokenizer. Name a stage with a tokenizer in its 'from', or write unit: characters.")).Folder)
            : null;
        Artifact[] inputs = [.. context.Inputs.Where(input => input.Produces == DataStages.Documents)];
        IReadOnlyList<DocumentSet> sets = DocumentSets.Of(inputs);
        context.Progress.Expect(2 * sets[0].Files.Sum(file => new FileInfo(file).Length), "bytes");
        // A bucket is filled, then sorted: its bytes and 24 of an index for each line, which no line is shorter than.
        long bucket = Math.Clamp(data.Options.Memory / 8, 1 << 20, 256 << 20);
        context.DeclareMemory(2 * bucket);
        var run = new MixRun(sets[0].Files, settings, tokenizer, context.Seed, data.Options.Workers, bucket, data.CheckpointEvery, context.Work);
        IReadOnlyList<MixedDomain> mixed = run.Run(bytes => context.Progress.Report(bytes), cancellation);
        File.Move(Path.Combine(context.Work, MixRun.Mixture), Path.Combine(context.Output, DocumentFile.Name));
        foreach (DocumentSet set in sets.Skip(1))
            Join(set.Files, Path.Combine(context.Output, DocumentSets.FileOf(set.Name!)));
        File.WriteAllBytes(Path.Combine(context.Output, MixtureFile), JsonSerializer.SerializeToUtf8Bytes(new { settings.Unit, Domains = mixed }, Json));
        context.Note("documents", mixed.Sum(domain => domain.MixedDocuments));
        context.Note(settings.Unit == MixUnit.Tokens ? "tokens" : "characters", mixed.Sum(domain => domain.MixedSize));
        if (run.Left > 0)
        {
            context.Progress.Say($"{run.Left:N0} documents are of no domain and are left out");
            context.Note("documents_of_no_domain", run.Left);
        }
        if (settings.Budget is { } budget && mixed.Sum(domain => domain.MixedSize) < 0.99 * budget)
            context.Progress.Say($"the domains give {mixed.Sum(domain => domain.MixedSize):N0} of {budget:N0}: all are at their limit (max_repeat)");
        // Thousands of sources are in the file; the manifest is for people.
        foreach (MixedDomain domain in mixed.OrderByDescending(domain => domain.Share).Take(32))
            context.Note($"share {domain.Name}", $"{domain.Share * 100:0.##} %, {domain.MixedDocuments} documents, x {domain.Repeat:0.###}");
        return Task.CompletedTask;
    }

    private static void Join(IReadOnlyList<string> files, string target)
    {
        using var output = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        foreach (string file in files)
        {
            using FileStream input = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            input.CopyTo(output);
        }
    }
}
