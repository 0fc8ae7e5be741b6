using Athanor.Data.Privacy;
using Athanor.Data.Repair;
using Athanor.Data.Words;

namespace Athanor.Benchmarks.Data;

/// <summary>Personal data, repair of texts, word lists.</summary>
internal static class CleaningCases
{
    public static void Run(Options options, Report report)
    {
        if (!options.Wants("cleaning"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            report.Group($"cleaning/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents"));
            var measure = new Measure();
            StepTiming.Add(measure, "pii", corpus, new PiiSettings());
            StepTiming.Add(measure, "repair", corpus, new RepairSettings());
            StepTiming.Add(measure, "filter_words", corpus, new FilterWordsSettings { BuiltIn = true });
            measure.Go(options.Quick ? 0.3 : 1.5);
            foreach (string name in (string[])["pii", "repair", "filter_words"])
                report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
        }
    }
}
