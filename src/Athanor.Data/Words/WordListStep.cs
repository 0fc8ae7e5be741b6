using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Words;

/// <summary>Removes documents with more words of lists than allowed.</summary>
internal sealed class WordListStep(FilterWordsSettings settings, WordLists lists, long seed) : DocumentStep
{
    private const int MostCounted = 1000;

    public override IReadOnlyList<string> Signals { get; } = ["finds"];

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
        return finds <= settings.MaxFinds || (settings.KeepShare > 0 && ContentHash.Place(text, seed) < settings.KeepShare) ? null
            : new Removal("listed_words", finds, settings.MaxFinds, first, text.Substring(first.Start, first.Length));
    }
}
