using Athanor.Data.Deduplication.Bloom;
using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Deduplication.Substrings;
using Athanor.Data.Documents;

namespace Athanor.Benchmarks.Data;

/// <summary>Deduplication: signatures, units, filters, suffix arrays over documents in memory; sorting and merging of records on disk.</summary>
internal static class DedupCases
{
    private static readonly LshBands Bands = new(14, 8);

    public static void Run(Options options, Report report)
    {
        if (options.Wants("dedup/texts"))
        {
            foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
                Texts(options, report, corpus);
        }
        if (options.Wants("dedup/records"))
            Records(options, report);
    }

    private static void Texts(Options options, Report report, DocumentCorpus corpus)
    {
        report.Group($"dedup/texts/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents; signatures of 14 bands x 8"));
        var measure = new Measure();
        MinHashPlan exact = new(MinHashScheme.Datatrove, 5, Bands), sha = exact with { Hash = ShingleHash.Sha1 }, own = new(MinHashScheme.Own, 5, Bands);
        var words = new WordScanner(CharacterFolds.Datatrove);
        measure.Add("fold words", corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
                words.Scan(document.Text);
        });
        AddSignatures("minhash datatrove-exact", exact);
        AddSignatures("minhash datatrove-exact sha1", sha);
        AddSignatures("minhash own", own);
        AddUnits("lines folded", new LineUnits(LineUnit.Line, fold: true, 1));
        AddUnits("three sentences", new SentenceUnits(3, lines: false));
        var ngrams = new NgramEntries(13, 13);
        long entries = corpus.Documents.Sum(document => ngrams.Cut(document).Sum(unit => (long)unit.Entries.Length));
        measure.Add("bloom n-grams (BFF)", corpus.Megabytes, _ =>
        {
            using var filter = new BloomFilter(BloomSize.For(entries, 0.01));
            foreach (Document document in corpus.Documents)
            {
                foreach (BloomUnit unit in ngrams.Cut(document))
                {
                    foreach (ulong entry in unit.Entries)
                        filter.Add(entry);
                }
            }
        });
        byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(corpus.Documents.Select(document => document.Text)));
        int[] suffixes = new int[text.Length + 1];
        measure.Add("suffix array", text.Length / 1e6, _ => SuffixArray.Build(text, suffixes));
        measure.Go(options.Quick ? 0.1 : 2);
        foreach (string name in (string[])["fold words", "minhash datatrove-exact", "minhash datatrove-exact sha1", "minhash own", "lines folded", "three sentences", "bloom n-grams (BFF)", "suffix array"])
            report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
        foreach (string name in (string[])["minhash datatrove-exact", "minhash own"])
        {
            double two = measure.Median(name + " x2"), one = measure.Median(name);
            report.Add(new Result("", name + ", two cores", two, "MB/s") { Best = measure.Best(name + " x2"), Threads = 2, Peer = "one core", PeerValue = one, Ratio = two / one });
        }

        void AddUnits(string name, ITextUnits units) => measure.Add(name, corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
                units.Cut(document);
        });

        void AddSignatures(string name, MinHashPlan plan)
        {
            MinHasher[] hashers = [new(plan), new(plan)];
            measure.Add(name, corpus.Megabytes, _ => Sign(hashers[0], 0, 1));
            if (plan.Hash == ShingleHash.Xxhash)
                measure.Add(name + " x2", corpus.Megabytes, _ => Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, part => Sign(hashers[part], part, 2)));
        }

        void Sign(MinHasher hasher, int first, int step)
        {
            Span<ulong> bands = stackalloc ulong[Bands.Bands];
            for (int i = first; i < corpus.Documents.Count; i += step)
            {
                if (hasher.Sign(corpus.Documents[i].Text))
                    hasher.Bands(bands);
            }
        }
    }

    /// <summary>Records of bands as a corpus of half a million documents has them, a tenth of them shared, in eight sorted runs on disk.</summary>
    private static void Records(Options options, Report report)
    {
        long count = options.Quick ? 1_000_000 : 8_000_000;
        string folder = Directory.CreateTempSubdirectory("athanor-dedup-").FullName;
        try
        {
            report.Group("dedup/records", FormattableString.Invariant($"{count / 1e6:F0} M records of (band hash, document), sorted runs of an eighth on disk"));
            var measure = new Measure();
            long memory = count * 16 / 8 * 2;
            measure.Add("sort to runs", count / 1e6, _ =>
            {
                using ExternalSorter<HashPlace> sorter = Fill(memory);
            });
            measure.Add("lsh merge", _ =>
            {
                // Only the merge counts, so the time of the sort before it is taken out of the work.
                using ExternalSorter<HashPlace> sorter = Fill(memory);
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                Pairs(sorter, folder);
                Merged.Add(count / 1e6 / System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
                return count / 1e6;
            });
            measure.Add("sort, merge and pairs in memory", count / 1e6, _ =>
            {
                using ExternalSorter<HashPlace> sorter = Fill(count * 16 * 3);
                Pairs(sorter, folder);
            });
            measure.Go(options.Quick ? 0.1 : 2, rounds: 1);
            Merged.Sort();
            report.Add(new Result("", "sort to runs", measure.Median("sort to runs"), "M/s") { Best = measure.Best("sort to runs") });
            report.Add(new Result("", "lsh merge with pairs", Merged[Merged.Count / 2], "M/s") { Best = Merged[^1] });
            report.Add(new Result("", "sort, merge and pairs, runs on disk", measure.Median("lsh merge"), "M/s") { Best = measure.Best("lsh merge") });
            report.Add(new Result("", "sort and pairs, all in memory", measure.Median("sort, merge and pairs in memory"), "M/s") { Best = measure.Best("sort, merge and pairs in memory") });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        ExternalSorter<HashPlace> Fill(long memory)
        {
            var sorter = new ExternalSorter<HashPlace>(folder, "bands", memory);
            ulong state = 1;
            for (long i = 0; i < count; i++)
            {
                ulong hash = (state = state * 6364136223846793005 + 1442695040888963407) ^ (state >> 29);
                sorter.Add(new HashPlace(i % 10 == 0 ? hash >> 44 << 20 : hash * 0x9E3779B97F4A7C15, (ulong)i / 14));
            }
            return sorter;
        }
    }

    private static readonly List<double> Merged = [];

    private static void Pairs(ExternalSorter<HashPlace> sorter, string folder)
    {
        using var pairs = new ExternalSorter<PlaceLink>(folder, "pairs", 256 << 20);
        using SortedReader<HashPlace> reader = sorter.Sorted();
        new CandidatePairs(pairs, static number => number, 0, 16).Run(reader, null, default);
    }
}
