using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Quality;
using Athanor.Data.Steps;

namespace Athanor.Benchmarks.Data;

/// <summary>The whole executor on one and on two cores: JSON Lines read, the FineWeb chain with its signals stored, documents kept and removed written. Files lie in memory, so that cores are measured and not disks.</summary>
internal static class ExecutorCases
{
    private const string One = "fineweb by the executor, one worker", Two = "fineweb by the executor, two workers";

    public static void Run(Options options, Report report)
    {
        if (!options.Wants("executor"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            string folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"athanor-executor-{Environment.ProcessId}");
            Directory.CreateDirectory(folder);
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
        report.Group($"executor/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes * Copies(options):F1} MB in {corpus.Documents.Count * Copies(options)} documents; ratio: two workers over one"));
        string input = Path.Combine(folder, "documents.jsonl");
        using (var writer = new DocumentWriter(input))
        {
            for (int copy = 0; copy < Copies(options); copy++)
            {
                foreach (Document document in corpus.Documents)
                    writer.Write(document with { Id = FormattableString.Invariant($"{document.Id}-{copy}") });
            }
        }
        IReadOnlyList<PreparedStep> steps = PreparedStep.Of([("filter_quality", new FilterQualitySettings { Profile = "fineweb" })], 0);
        var measure = new Measure();
        double work = corpus.Megabytes * Copies(options);
        measure.Add(One, work, _ => Work(1));
        measure.Add(Two, work, _ => Work(2));
        measure.Go(options.Quick ? 0.2 : 3, rounds: 3);
        if (!File.ReadAllBytes(Path.Combine(folder, "1", StepRun.Kept)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, "2", StepRun.Kept))))
            throw new InvalidDataException("Two workers keep other documents than one.");
        report.Add(new Result("", One, measure.Median(One), "MB/s") { Best = measure.Best(One) });
        report.Add(new Result("", Two, measure.Median(Two), "MB/s") { Best = measure.Best(Two), Threads = 2, Peer = "one worker", PeerValue = measure.Median(One), Ratio = measure.Median(Two) / measure.Median(One) });

        void Work(int workers)
        {
            string output = Path.Combine(folder, FormattableString.Invariant($"{workers}"));
            if (Directory.Exists(output))
                Directory.Delete(output, recursive: true);
            new StepRun([input], steps, new StepOptions(workers, RemovedText.Sample, 20, long.MaxValue, TimeSpan.FromHours(1)), output).Run(static _ => { }, CancellationToken.None);
        }
    }

    /// <summary>Enough pieces of a quarter of a megabyte that starting threads and making each worker's tables do not count: work like this takes minutes, not tenths of a second.</summary>
    private static int Copies(Options options) => options.Quick ? 2 : 16;
}
