using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.FastText;

namespace Athanor.Benchmarks.Data;

/// <summary>
/// Classifiers with bigrams over documents of about 3 kB: two halves of a corpus by the hash of their words, 100 dimensions, 2 M buckets. fasttext 0.9.2 on another machine of this kind: 1.29 M words/s
/// a thread training, 3,750 documents/s predicting.
/// </summary>
internal static class ClassifierCases
{
    private const int Page = 3000;

    public static void Run(Options options, Report report)
    {
        if (!options.Wants("classifier"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            string folder = Directory.CreateTempSubdirectory("athanor-classifier-").FullName;
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
        string[] pages = [.. Pages(corpus.Documents)];
        report.Group($"classifier/{corpus.Name}", FormattableString.Invariant($"{pages.Length} documents of {Page} characters, bigrams, 100 dimensions, 2,000,000 buckets"));
        int training = pages.Length * 9 / 10;
        using var trainer = new FastTextTrainer(new FastTextOptions { WordNgrams = 2, Epochs = options.Quick ? 1 : 2 }, folder);
        for (int i = 0; i < training; i++)
            trainer.Add(LabelOf(pages[i]), pages[i]);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        FastTextModel model = trainer.Train();
        report.Add(new Result("", "training", trainer.Tokens * (options.Quick ? 1 : 2) / watch.Elapsed.TotalSeconds / 1e6, "Mwords/s"));
        FastTextClassifier classifier = model.NewClassifier();
        double sum = 0;
        var measure = new Measure();
        measure.Add("documents", pages.Length / 1e3, _ =>
        {
            foreach (string page in pages)
                sum += classifier.Classify(page).Score;
        });
        measure.Go(options.Quick ? 0.4 : 3);
        report.Add(new Result("", "documents", measure.Median("documents"), "k/s") { Best = measure.Best("documents") });
        report.Add(new Result("", "model", model.Bytes / 1e6, "MB"));
        Loading(report, model, folder);
    }

    private static void Loading(Report report, FastTextModel model, string folder)
    {
        string path = Path.Combine(folder, FastTextModel.FileName);
        model.Save(path);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        FastTextModel.Load(path);
        report.Add(new Result("", "reading a model", model.Bytes / 1e6 / watch.Elapsed.TotalSeconds, "MB/s"));
    }

    /// <summary>Something that a model can learn: which of two words a text has more often.</summary>
    private static string LabelOf(string page) => page.Split("the").Length * 3 > page.Split("a ").Length * 4 ? "the" : "a";

    private static IEnumerable<string> Pages(IReadOnlyList<Document> documents)
    {
        var page = new StringBuilder();
        foreach (Document document in documents)
        {
            page.Append(document.Text).Append('\n');
            for (; page.Length >= Page; page.Remove(0, Page))
                yield return page.ToString(0, Page);
        }
    }
}
