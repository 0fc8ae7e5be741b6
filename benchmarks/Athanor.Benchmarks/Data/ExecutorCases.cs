using System.Diagnostics;
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
        double work = corpus.Megabytes * Copies(options);
        var one = new List<double>();
        var two = new List<double>();
        if (!Measure.Once)
            _ = (Rate(1), Rate(2));
        // A run takes seconds, in which a shared machine changes: each run with two workers is compared with its neighbour with one.
        for (int pair = 0; pair < (Measure.Once ? 1 : 5); pair++)
        {
            one.Add(Rate(1));
            two.Add(Rate(2));
        }
        double[] ratios = [.. two.Zip(one, (two, one) => two / one).Order()];
        one.Sort();
        two.Sort();
        if (!File.ReadAllBytes(Path.Combine(folder, "1", StepRun.Kept)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, "2", StepRun.Kept))))
            throw new InvalidDataException("Two workers keep other documents than one.");
        report.Add(new Result("", One, one[one.Count / 2], "MB/s") { Best = one[^1] });
        report.Add(new Result("", Two, two[two.Count / 2], "MB/s") { Best = two[^1], Threads = 2, Peer = "one worker", PeerValue = one[one.Count / 2], Ratio = ratios[ratios.Length / 2], BestRatio = two[^1] / one[^1] });

        double Rate(int workers)
        {
            string output = Path.Combine(folder, FormattableString.Invariant($"{workers}"));
            if (Directory.Exists(output))
                Directory.Delete(output, recursive: true);
            long from = Stopwatch.GetTimestamp();
            new StepRun([input], steps, new StepOptions(workers, RemovedText.Sample, 20, long.MaxValue, TimeSpan.FromHours(1)), output).Run(static _ => { }, CancellationToken.None);
            return work / Stopwatch.GetElapsedTime(from).TotalSeconds;
        }
    }

    /// <summary>Enough pieces of a quarter of a megabyte that starting threads and making each worker's tables do not count: work like this takes minutes, not tenths of a second.</summary>
    private static int Copies(Options options) => options.Quick ? 2 : 16;
}
