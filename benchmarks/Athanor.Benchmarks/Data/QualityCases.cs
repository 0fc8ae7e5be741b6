using Athanor.Data.Documents;
using Athanor.Data.Quality;
using Athanor.Data.Segmentation;

namespace Athanor.Benchmarks.Data;

/// <summary>Heuristic filters: words in their senses, each profile stopping at the first rule, and with all signals for replays. Also which share of documents the profiles keep and agree on.</summary>
internal static class QualityCases
{
    public static void Run(Options options, Report report)
    {
        if (!options.Wants("quality"))
            return;
        foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
        {
            report.Group($"quality/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents"));
            var measure = new Measure();
            AddWords(measure, corpus);
            foreach (QualityProfile profile in QualityProfile.All)
            {
                StepTiming.Add(measure, profile.Name, corpus, new FilterQualitySettings { Profile = profile.Name });
                if (profile.Name is "fineweb" or "gopher-paper")
                    StepTiming.Add(measure, profile.Name + " all signals", corpus, new FilterQualitySettings { Profile = profile.Name }, signals: true);
            }
            measure.Go(options.Quick ? 0.2 : 0.8);
            foreach (string name in (string[])["words between spaces", "words of spaCy", "words of UAX 29", .. QualityProfile.All.Select(profile => profile.Name), "fineweb all signals", "gopher-paper all signals"])
                report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
        }
    }

    private static void AddWords(Measure measure, DocumentCorpus corpus)
    {
        WordTable spaced = new(), words = new();
        var english = new EnglishWords();
        var spaces = new SpaceWords();
        measure.Add("words between spaces", corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
            {
                spaced.Clear();
                spaces.Scan(document.Text, spaced);
            }
        });
        measure.Add("words of spaCy", corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
            {
                spaced.Clear();
                words.Clear();
                spaces.Scan(document.Text, spaced);
                english.Split(document.Text, spaced, words);
            }
        });
        measure.Add("words of UAX 29", corpus.Megabytes, _ =>
        {
            foreach (Document document in corpus.Documents)
            {
                words.Clear();
                UnicodeWords.Scan(document.Text, words);
            }
        });
    }
}
