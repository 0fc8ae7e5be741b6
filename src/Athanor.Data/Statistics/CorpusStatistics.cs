using Athanor.Data.Documents;

namespace Athanor.Data.Statistics;

/// <summary>A word, host or n-gram and how often it occurs, at least.</summary>
/// <param name="Text">It.</param>
/// <param name="Count">How often.</param>
public readonly record struct Frequent(string Text, long Count);

/// <summary>A line of a document.</summary>
/// <param name="Id">The document.</param>
/// <param name="Length">UTF-16 code units.</param>
/// <param name="Head">How it begins.</param>
public sealed record LongLine(string Id, int Length, string Head);

/// <summary>What a set of documents consists of, in one pass and bounded memory.</summary>
public sealed class CorpusStatistics
{
    private const int Counters = 50_000, LongestGram = 200, Head = 80;
    private readonly FrequentItems _grams = new(Counters), _sources = new(Counters), _languages = new(1000), _domains = new(Counters);
    private readonly List<LongLine> _lines = [];
    private readonly int _top, _words;

    private CorpusStatistics(int words, int top) => (_words, _top) = (words, top);

    /// <summary>Lengths of the texts, in UTF-16 code units.</summary>
    public Distribution Lengths { get; } = new();

    /// <summary>Words of the texts, as white space cuts them.</summary>
    public Distribution Words { get; } = new();

    /// <summary>The largest sources by documents.</summary>
    public IReadOnlyList<Frequent> Sources => _sources.Top(_top);

    /// <summary>The largest languages by documents, where the metadata has them.</summary>
    public IReadOnlyList<Frequent> Languages => _languages.Top(_top);

    /// <summary>The largest hosts by documents, where the metadata has a url.</summary>
    public IReadOnlyList<Frequent> Domains => _domains.Top(_top);

    /// <summary>The most frequent n-grams of words; rare ones are forgotten on the way, so counts are lower bounds.</summary>
    public IReadOnlyList<Frequent> Grams => _grams.Top(_top);

    /// <summary>The longest lines.</summary>
    public IReadOnlyList<LongLine> LongestLines => _lines;

    /// <summary>Reads documents.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="words">Words of an n-gram.</param>
    /// <param name="top">Entries of each list.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static CorpusStatistics Of(IEnumerable<Document> documents, int words, int top, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentOutOfRangeException.ThrowIfLessThan(words, 1);
        var statistics = new CorpusStatistics(words, top);
        foreach (Document document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            statistics.Add(document);
        }
        return statistics;
    }

    private void Add(Document document)
    {
        Lengths.Add(document.Text.Length);
        _sources.Add(document.Source.Length > 0 ? document.Source : "(none)");
        if (document.Metadata.TryGetValue("language", out string? language))
            _languages.Add(language);
        if (document.Metadata.TryGetValue("url", out string? url) && Uri.TryCreate(url, UriKind.Absolute, out Uri? uri))
            _domains.Add(uri.Host);
        var window = new Queue<string>();
        int count = 0;
        foreach (Range range in document.Text.AsSpan().SplitAny(" \t\r\n\f\u00a0"))
        {
            ReadOnlySpan<char> word = document.Text.AsSpan()[range];
            if (word.Length == 0)
                continue;
            count++;
            window.Enqueue(word.Length > LongestGram ? word[..LongestGram].ToString() : word.ToString());
            if (window.Count > _words)
                window.Dequeue();
            if (window.Count == _words)
                _grams.Add(string.Join(' ', window));
        }
        Words.Add(count);
        foreach (ReadOnlySpan<char> line in document.Text.AsSpan().EnumerateLines())
            Line(document.Id, line);
    }

    private void Line(string id, ReadOnlySpan<char> line)
    {
        if (_lines.Count == _top && (_top == 0 || line.Length <= _lines[^1].Length))
            return;
        int at = _lines.Count;
        while (at > 0 && _lines[at - 1].Length < line.Length)
            at--;
        _lines.Insert(at, new LongLine(id, line.Length, line[..Math.Min(Head, line.Length)].ToString()));
        if (_lines.Count > _top)
            _lines.RemoveAt(_top);
    }
}

/// <summary>Counts what is frequent with a bounded number of counters: an item that is more than 1/n of all is certain to be there (Misra and Gries 1982).</summary>
internal sealed class FrequentItems(int counters)
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(string item)
    {
        if (_counts.TryGetValue(item, out long count))
            _counts[item] = count + 1;
        else if (_counts.Count < counters)
            _counts.Add(item, 1);
        else
        {
            foreach ((string other, long held) in _counts)
            {
                if (held == 1)
                    _counts.Remove(other);
                else
                    _counts[other] = held - 1;
            }
        }
    }

    public IReadOnlyList<Frequent> Top(int count) =>
        [.. _counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(count).Select(pair => new Frequent(pair.Key, pair.Value))];
}
