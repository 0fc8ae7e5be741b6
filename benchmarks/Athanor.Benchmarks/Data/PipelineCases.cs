using Athanor.Data.Decontamination;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Benchmarks.Data;

/// <summary>Documents from and to JSON Lines, and decontamination against the first documents taken as questions.</summary>
internal static class PipelineCases
{
    private const int Questions = 500;
    private static readonly string[] Cases = ["jsonl read", "jsonl write", "decontaminate"];

    public static void Run(Options options, Report report)
    {
        if (!options.Wants("pipeline"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            string folder = Directory.CreateTempSubdirectory("athanor-bench-").FullName;
            try
            {
                Run(options, report, corpus, folder);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Run(Options options, Report report, DocumentCorpus corpus, string folder)
    {
        Document[] documents = [.. corpus.Documents.Select(document => document with { Origin = new DocumentOrigin("file.warc", 1), Metadata = new Dictionary<string, string> { ["url"] = "https://example.org/" + document.Id } })];
        string tasks = Path.Combine(folder, "tasks.jsonl"), written = Path.Combine(folder, "written.jsonl");
        using (var writer = new DocumentWriter(written))
        {
            foreach (Document document in documents)
                writer.Write(document);
        }
        using (var writer = new DocumentWriter(tasks))
        {
            foreach (Document document in documents.Where((_, i) => i % Math.Max(1, documents.Length / Questions) == 0))
                writer.Write(document with { Text = document.Text[..Math.Min(300, document.Text.Length)] + " zzz" });
        }
        // Read once, so that the file lies in the system's memory; documents are made anew each time.
        DocumentStep step = new DecontaminateSettings { Tasks = [new TaskFileSettings { Path = new RecipePath(tasks), Query = ["text"] }] }.Prepare(0)();
        report.Group($"pipeline/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents"));
        var measure = new Measure();
        long length = 0;
        float[] signals = new float[step.Signals.Count];
        measure.Add(Cases[0], corpus.Megabytes, _ =>
        {
            foreach (Document document in DocumentFile.Read(written))
                length += document.Text.Length;
        });
        measure.Add(Cases[1], corpus.Megabytes, _ =>
        {
            using var writer = new DocumentWriter(Path.Combine(folder, "again.jsonl"));
            foreach (Document document in documents)
                writer.Write(document);
        });
        measure.Add(Cases[2], corpus.Megabytes, _ =>
        {
            foreach (Document document in documents)
            {
                Document taken = document;
                step.Apply(ref taken, signals);
            }
        });
        measure.Go(options.Quick ? 0.3 : 2);
        foreach (string name in Cases)
            report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
    }
}
