using System.Runtime.InteropServices;
using Athanor.Data.Documents;
using Athanor.Data.LanguageModels;

namespace Athanor.Benchmarks.Data;

/// <summary>Training and asking 5-gram models; tokens are words as CCNet normalizes them. KenLM on another machine of this kind: 0.70 M tokens/s training, 3.6 M tokens/s asking.</summary>
internal static class NgramCases
{
    public static void Run(Options options, Report report)
    {
        if (!options.Wants("ngram"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            string folder = Directory.CreateTempSubdirectory("athanor-ngram-").FullName;
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
        report.Group($"ngram/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB, order 5, normalized words"));
        int training = corpus.Documents.Count * 9 / 10;
        using var trainer = new KneserNeyTrainer(new KneserNeyOptions { Folder = folder });
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Count(trainer, corpus.Documents.Take(training));
        NgramModel model = trainer.Train();
        report.Add(new Result("", "training", trainer.Tokens / watch.Elapsed.TotalSeconds / 1e6, "Mtokens/s"));
        var exact = new NgramModelFolder(model, NgramUnit.Normalized);
        var rounded = new NgramModelFolder(model.Quantize(), NgramUnit.Normalized);
        Document[] asked = [.. corpus.Documents.Skip(training)];
        uint[][] sentences = Sentences(model.Vocabulary, asked);
        double tokens = sentences.Sum(sentence => sentence.Length + 1) / 1e6, sum = 0;
        NgramScorer scorer = exact.Scorer(), roundedScorer = rounded.Scorer();
        var measure = new Measure();
        measure.Add("query, words in ids", tokens, _ => sum += sentences.Sum(sentence => exact.Model.Score(sentence)));
        measure.Add("query, rounded, words in ids", tokens, _ => sum += sentences.Sum(sentence => rounded.Model.Score(sentence)));
        measure.Add("perplexity of text", tokens, _ => sum += asked.Sum(document => scorer.Score(document.Text).LogProbability));
        measure.Add("perplexity of text, rounded", tokens, _ => sum += asked.Sum(document => roundedScorer.Score(document.Text).LogProbability));
        measure.Go(options.Quick ? 0.4 : 3);
        foreach (string name in (string[])["query, words in ids", "query, rounded, words in ids", "perplexity of text", "perplexity of text, rounded"])
            report.Add(new Result("", name, measure.Median(name), "Mtokens/s") { Best = measure.Best(name) });
        report.Add(new Result("", "model", model.Bytes / 1e6, "MB"));
        report.Add(new Result("", "model, rounded", rounded.Model.Bytes / 1e6, "MB"));
        report.Add(new Result("", "held-out perplexity", Perplexity(exact, asked), ""));
        report.Add(new Result("", "held-out perplexity, rounded", Perplexity(rounded, asked), ""));
    }

    private static void Count(KneserNeyTrainer trainer, IEnumerable<Document> documents)
    {
        var text = new NgramText(NgramUnit.Normalized, trainer.Vocabulary, null);
        var words = new List<uint>();
        foreach (Document document in documents)
        {
            foreach (ReadOnlySpan<char> line in document.Text.AsSpan().EnumerateLines())
            {
                words.Clear();
                text.Words(line, words, learn: true);
                if (words.Count > 0)
                    trainer.Add(CollectionsMarshal.AsSpan(words));
            }
        }
    }

    private static uint[][] Sentences(NgramVocabulary vocabulary, Document[] documents)
    {
        var text = new NgramText(NgramUnit.Normalized, vocabulary, null);
        var sentences = new List<uint[]>();
        var words = new List<uint>();
        foreach (string line in documents.SelectMany(document => document.Text.Split('\n')))
        {
            words.Clear();
            text.Words(line, words, learn: false);
            if (words.Count > 0)
                sentences.Add([.. words]);
        }
        return [.. sentences];
    }

    private static double Perplexity(NgramModelFolder model, Document[] documents)
    {
        NgramScorer scorer = model.Scorer();
        double sum = 0, events = 0;
        foreach (Document document in documents)
        {
            NgramScore score = scorer.Score(document.Text);
            sum += score.LogProbability;
            events += score.Words + score.Lines;
        }
        return Math.Pow(10, -sum / events);
    }
}
