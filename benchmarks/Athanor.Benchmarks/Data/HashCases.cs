using Athanor.Data.Deduplication;
using Athanor.Data.Documents;

namespace Athanor.Benchmarks.Data;

/// <summary>Content hashes, and exact deduplication on them.</summary>
internal static class HashCases
{
    public static void Run(Options options, Report report)
    {
        if (!options.Wants("hash"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            report.Group($"hash/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents"));
            var measure = new Measure();
            UInt128 sum = 0;
            measure.Add("content hash", corpus.Megabytes, _ =>
            {
                foreach (Document document in corpus.Documents)
                    sum ^= ContentHash.Of(document.Text);
            });
            measure.Add("exact duplicates", corpus.Megabytes, _ =>
            {
                var seen = new ExactDuplicates();
                foreach (Document document in corpus.Documents)
                    seen.Find(document);
            });
            measure.Go(options.Quick ? 0.3 : 2);
            foreach (string name in (string[])["content hash", "exact duplicates"])
                report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
        }
    }
}
