using Athanor.Data.Documents;
using Athanor.Data.FastText;
using Athanor.Data.Steps;

namespace Athanor.Data.Words;

/// <summary>Removes documents with more words of lists than allowed, and those that a classifier takes for bad.</summary>
internal sealed class WordListStep(FilterWordsSettings settings, WordLists lists, FastTextClassifier? classifier, int label, long seed) : DocumentStep
{
    private const int MostCounted = 1000;

    public override IReadOnlyList<string> Signals { get; } = classifier is null ? ["finds"] : ["finds", "score"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        ArgumentNullException.ThrowIfNull(document);
        string text = document.Text;
        string language = document.Metadata.TryGetValue("language", out string? told) && told.Length > 0 ? told : settings.Language;
        int finds = 0, limit = signals.IsEmpty ? settings.MaxFinds + 1 : Math.Max(MostCounted, settings.MaxFinds + 1);
        TextSpan first = default;
        foreach (WordList list in lists.For(language))
        {
            for (int at = 0; finds < limit;)
            {
                (int start, int length) = list.Find(text, at);
                if (length == 0)
                    break;
                if (finds++ == 0)
                    first = new TextSpan(start, length);
                at = start + length;
            }
        }
        if (!signals.IsEmpty)
            signals[0] = finds;
        Removal? listed = finds <= settings.MaxFinds || (settings.KeepShare > 0 && ContentHash.Place(text, seed) < settings.KeepShare) ? null
            : new Removal("listed_words", finds, settings.MaxFinds, first, text.Substring(first.Start, first.Length));
        if (classifier is null || (listed is not null && signals.IsEmpty))
            return listed;
        Removal? judged = Judge(classifier, text, signals);
        return listed ?? judged;
    }

    private Removal? Judge(FastTextClassifier judge, string text, Span<float> signals)
    {
        // Of a text without a word that it knows the classifier says nothing.
        float score = judge.Classify(text).Label < 0 ? 0 : judge.Scores[label];
        if (!signals.IsEmpty)
            signals[1] = score;
        return score > settings.MaxScore ? new Removal("classifier", score, settings.MaxScore, Note: settings.Label) : null;
    }
}
