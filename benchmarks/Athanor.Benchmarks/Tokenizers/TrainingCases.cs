using System.Diagnostics;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>Training from text to vocabulary: wall time of the whole, of its two halves, and the memory they hold.</summary>
internal static class TrainingCases
{
    private const string Stories = "tinystories-sample/tinystories_v2_sample.txt";

    public static void Run(Options options, Report report)
    {
        if (!options.Wants("training"))
            return;
        report.Group("training", "byte-level BPE, cl100k pre-tokenizer, text in memory");
        if (FindData(Stories) is { } stories)
            Bpe(options, report, "stories-2MB-10k", [File.ReadAllBytes(stories)], 10_000);
        if (SdkDocumentation.Entries is { Count: > 0 } entries)
            Bpe(options, report, "sdk-docs-24MB-32k", entries, 32_000);
    }

    private static void Bpe(Options options, Report report, string name, List<ReadOnlyMemory<byte>> documents, int size)
    {
        foreach (int threads in (int[])[1, 2])
        {
            List<double> whole = [], counting = [], merging = [];
            BpeTrainingResult? result = null;
            for (int round = 0; round < (options.Quick ? 2 : 5); round++)
            {
                GC.Collect();
                long start = Stopwatch.GetTimestamp();
                PieceCounts pieces = PieceCounter.Count(DocumentSource.From(documents), new PieceCounterOptions(PieceScanners.Cl100k) { Threads = threads });
                double counted = Stopwatch.GetElapsedTime(start).TotalSeconds;
                result = BpeTrainer.Train(pieces, new BpeTrainerOptions(size) { Threads = threads, MinimumFrequency = 1 });
                whole.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                counting.Add(counted);
                merging.Add(whole[^1] - counted);
            }
            Add(report, $"{name}-{threads}t", whole, threads);
            Add(report, $"{name}-{threads}t-count", counting, threads);
            Add(report, $"{name}-{threads}t-merge", merging, threads);
            report.Add(new Result("", $"{name}-{threads}t-vocabulary", result!.VocabularySize, "tokens") { Threads = threads });
            report.Add(new Result("", $"{name}-{threads}t-peak-tables", result.Counting.PeakTableBytes / 1048576.0, "MiB") { Threads = threads });
            report.Add(new Result("", $"{name}-{threads}t-peak-merge", result.PeakMergeBytes / 1048576.0, "MiB") { Threads = threads });
        }
        List<double> unigram = [];
        UnigramTrainingResult? trained = null;
        for (int round = 0; round < (options.Quick ? 1 : 2); round++)
        {
            long start = Stopwatch.GetTimestamp();
            PieceCounts words = PieceCounter.Count(DocumentSource.From(documents), new PieceCounterOptions(UnigramTrainerOptions.Words) { Threads = 2 });
            trained = UnigramTrainer.Train(words, new UnigramTrainerOptions(Math.Min(size, 16_000)) { Threads = 2 });
            unigram.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Add(report, $"{name}-unigram-2t", unigram, 2);
        report.Add(new Result("", $"{name}-unigram-2t-vocabulary", trained!.Pieces.Count, "tokens") { Threads = 2 });
        using var process = Process.GetCurrentProcess();
        report.Add(new Result("", $"{name}-peak-process", process.PeakWorkingSet64 / 1048576.0, "MiB"));
    }

    private static void Add(Report report, string name, List<double> seconds, int threads)
    {
        seconds.Sort();
        report.Add(new Result("", name, seconds[seconds.Count / 2], "s") { Best = seconds[0], Threads = threads });
    }

    private static string? FindData(string file)
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_DATA") is { Length: > 0 } named)
            return File.Exists(Path.Combine(named, file)) ? Path.Combine(named, file) : null;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", file);
            if (File.Exists(path))
                return path;
        }
        return null;
    }
}
