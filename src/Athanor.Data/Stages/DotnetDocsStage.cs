using Athanor.Data.Documents;
using Athanor.Data.DotnetDocs;
using Athanor.Runs.Files;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dotnet_docs</c>.</summary>
public sealed record DotnetDocsSettings
{
    /// <summary>A folder of XML documentation files; left out, the reference documentation of the .NET that runs this.</summary>
    [Input]
    public RecipePath? Path { get; init; }
}

/// <summary>Reads the reference documentation that every .NET SDK ships.</summary>
public static class DotnetDocsStage
{
    internal static StageKind Kind { get; } = StageKind.Of<DotnetDocsSettings>("dotnet_docs", "1", "Reads the reference documentation that every .NET SDK ships, a document a member.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Fingerprint = settings => ((DotnetDocsSettings)settings).Path is null ? DocumentationFiles.Fingerprint(DocumentationFiles.Find()) : "",
    };

    private static Task Run(StageContext context, DotnetDocsSettings settings, CancellationToken cancellation)
    {
        IReadOnlyList<string> files = settings.Path is { } path ? DocumentationFiles.In(path.FullPath) : DocumentationFiles.Find();
        var reader = new DocumentationReader();
        var skipped = new List<SkippedPlace>();
        using var writer = new DocumentWriter(System.IO.Path.Combine(context.Output, DocumentFile.Name));
        context.Progress.Expect(files.Sum(file => new FileInfo(file).Length), "bytes");
        long done = 0;
        foreach (string file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (Document document in reader.Read(file, Skip))
                writer.Write(document);
            context.Progress.Report(done += new FileInfo(file).Length, $"{writer.Count:N0} entries");
        }
        if (writer.Count == 0)
            throw new InvalidDataException($"{files.Count} XML files hold no documentation; is {files[0]} the XML file of an assembly?");
        context.Note("files", files.Count);
        context.Note("documents", writer.Count);
        context.Note("characters", writer.Length);
        context.Note("members_without_text", reader.Empty);
        context.Note("files_cut_short", skipped.Count);
        if (skipped.Count > 0)
            WriteSkipped(System.IO.Path.Combine(context.Output, "skipped.jsonl"), skipped);
        return Task.CompletedTask;

        void Skip(SkippedPlace place)
        {
            skipped.Add(place);
            context.Progress.Say($"{place.File}:{place.Line}: {place.Problem} The rest of this file is left out.");
        }
    }

    private static void WriteSkipped(string path, List<SkippedPlace> places)
    {
        using var file = new JsonLines(path);
        foreach (SkippedPlace place in places)
        {
            file.Append(json =>
            {
                json.WriteString("file", place.File);
                json.WriteNumber("line", place.Line);
                json.WriteString("problem", place.Problem);
            });
        }
    }
}
