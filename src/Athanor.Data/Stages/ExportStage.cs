using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Data.Writers;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Forms in which documents leave.</summary>
public enum ExportFormat
{
    /// <summary>Parquet, packed by Snappy.</summary>
    Parquet,

    /// <summary>Parquet, not packed.</summary>
    ParquetPlain,

    /// <summary>JSON Lines, packed by gzip.</summary>
    JsonlGz,

    /// <summary>CSV (RFC 4180).</summary>
    Csv,
}

/// <summary>Settings of <c>export</c>.</summary>
public sealed record ExportSettings
{
    /// <summary>The form of the files.</summary>
    public ExportFormat Format { get; init; } = ExportFormat.Parquet;

    /// <summary>Documents a file.</summary>
    [Range(1, int.MaxValue)]
    public int DocumentsAFile { get; init; } = 1_000_000;
}

/// <summary>Writes documents in the form of others.</summary>
public static class ExportStage
{
    private const string Produced = "export";

    internal static StageKind Kind { get; } = StageKind.Of<ExportSettings>("export", "1", "Writes documents as Parquet, packed JSON Lines or CSV for other programs.", Produced, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents)],
    };

    private static Task Run(StageContext context, ExportSettings settings, CancellationToken cancellation)
    {
        Artifact input = context.Input(DataStages.Documents);
        context.Progress.Expect(null, "documents");
        long documents = 0, files = 0;
        Export(input.PathOf(DocumentFile.Name), "documents");
        foreach (string set in DocumentSets.HeldOut(input))
            Export(input.PathOf(DocumentSets.FileOf(set)), "val-" + set);
        context.Note("documents", documents);
        context.Note("files", files);
        return Task.CompletedTask;

        void Export(string path, string name)
        {
            IDocumentExport? export = null;
            long inFile = 0, number = 0;
            try
            {
                foreach (Document document in DocumentFile.Read(path))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (export is not null && inFile == settings.DocumentsAFile)
                        End();
                    if (export is null)
                        (export, inFile, files) = (Open(settings.Format, Path.Combine(context.Output, string.Create(CultureInfo.InvariantCulture, $"{name}-{number++:D5}"))), 0, files + 1);
                    export.Write(document);
                    inFile++;
                    context.Progress.Report(++documents);
                }
                if (export is not null)
                    End();
            }
            finally
            {
                export?.Dispose();
            }

            void End()
            {
                export.Finish();
                export.Dispose();
                export = null;
            }
        }
    }

    internal static IDocumentExport Open(ExportFormat format, string path) => format switch
    {
        ExportFormat.Parquet => new ParquetDocumentWriter(path + ".parquet"),
        ExportFormat.ParquetPlain => new ParquetDocumentWriter(path + ".parquet", packed: false),
        ExportFormat.JsonlGz => new JsonLinesExport(path + ".jsonl.gz"),
        _ => new CsvDocumentWriter(path + ".csv"),
    };
}
