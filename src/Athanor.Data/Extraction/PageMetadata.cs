using System.Text;

namespace Athanor.Data.Extraction;

/// <summary>Reads what a page says about itself: title, author, day, language, licence, and what it allows.</summary>
internal sealed class PageMetadata
{
    private const int Longest = 500, MostNotable = 1000;

    /// <summary>Where values come from, the best first: the first one found counts.</summary>
    private static readonly (string Key, int Rank, string Names)[] Meanings =
    [
        ("title", 0, "og:title"),
        ("title", 3, "twitter:title"),
        ("title", 2, "dc.title dcterms.title"),
        ("title", 1, "citation_title"),
        ("author", 1, "author citation_author"),
        ("author", 3, "article:author"),
        ("author", 2, "dc.creator dcterms.creator parsely-author byl"),
        ("date", 0, "article:published_time"),
        ("date", 1, "datepublished og:article:published_time"),
        ("date", 3, "date dc.date dcterms.date"),
        ("date", 2, "dcterms.created dc.date.issued citation_publication_date citation_date pubdate publish-date publication_date parsely-pub-date sailthru.date"),
        ("language", 1, "content-language"),
        ("language", 3, "og:locale"),
        ("language", 2, "dc.language language"),
        ("license", 1, "license licence dc.rights.license dcterms.license"),
        ("license", 4, "dcterms.rights dc.rights"),
        ("site", 0, "og:site_name"),
        ("site", 1, "application-name"),
        ("tdm_reservation", 0, "tdm-reservation"),
        ("tdm_policy", 0, "tdm-policy"),
    ];

    private static readonly Dictionary<string, (string Key, int Rank)> MetaNames =
        Meanings.SelectMany(meaning => meaning.Names.Split(' ').Select(name => (name, meaning))).ToDictionary(pair => pair.name, pair => (pair.meaning.Key, pair.meaning.Rank), StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, (string Value, int Rank)> _found = new(StringComparer.Ordinal);
    private string _robots = "";
    private int _notable;

    /// <summary>Reads a page in which the content was found.</summary>
    /// <param name="page">The page.</param>
    /// <param name="tree">Its nodes.</param>
    /// <param name="content">The node that holds the content: a link to a licence inside it speaks of a picture or a quotation.</param>
    /// <returns>Names and values, in the order of the names.</returns>
    public SortedDictionary<string, string> Read(ReadOnlySpan<char> page, HtmlTree tree, int content)
    {
        _found.Clear();
        (_robots, _notable) = ("", 0);
        Span<HtmlNode> nodes = tree.Nodes;
        for (int i = 1; i < nodes.Length; i++)
        {
            ref HtmlNode node = ref nodes[i];
            switch (node.Tag)
            {
                case HtmlTag.Meta:
                    Meta(page, node.Source);
                    break;
                case HtmlTag.Title when node.End == i + 2:
                    Note("title", 5, HtmlEntities.Decode(Head(nodes[i + 1].Source.Of(page))));
                    break;
                case HtmlTag.H1 when !_found.ContainsKey("title"):
                    Note("title", 4, Text(page, nodes, i));
                    break;
                case HtmlTag.Link:
                    Link(page, node.Source);
                    break;
                case HtmlTag.Time:
                    Note("date", (node.Flags & NodeFlags.Notable) != 0 ? 2 : 5, Value(page, node.Source, "datetime"));
                    break;
                case HtmlTag.Script when JsonLd.IsJsonLd(page, nodes, i):
                    Linked(nodes[i + 1].Source.Of(page));
                    break;
                default:
                    if ((node.Flags & NodeFlags.Notable) != 0)
                        Notable(page, nodes, i, i > content && i < nodes[content].End);
                    break;
            }
        }
        if (!tree.Html.IsEmpty)
        {
            Note("language", 0, Value(page, tree.Html, "lang"));
            Note("language", 1, Value(page, tree.Html, "xml:lang"));
        }
        return Result();
    }

    private SortedDictionary<string, string> Result()
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, (string value, int rank)) in _found)
            result[key] = key == "title" && rank == 5 ? WithoutSite(value) : value;
        if (_robots.Length > 0)
            result["robots"] = _robots;
        return result;
    }

    /// <summary>The title alone where the name of the site is behind it.</summary>
    private string WithoutSite(string title)
    {
        if (!_found.TryGetValue("site", out (string Value, int Rank) site) || title.Length <= site.Value.Length + 3 || !title.EndsWith(site.Value, StringComparison.OrdinalIgnoreCase))
            return title;
        string rest = title[..^site.Value.Length].TrimEnd();
        return rest.Length > 1 && rest[^1] is '|' or '-' or '–' or '—' or '·' or '•' or '»' or '«' or ':' ? rest[..^1].TrimEnd() : title;
    }

    private void Meta(ReadOnlySpan<char> page, Extent attributes)
    {
        ReadOnlySpan<char> name = default, content = default;
        var all = new HtmlAttributes(page[..attributes.End], attributes.Start);
        while (all.Next())
        {
            if (all.Name.Equals("content", StringComparison.OrdinalIgnoreCase))
                content = all.Value;
            else if (all.Name.Equals("name", StringComparison.OrdinalIgnoreCase) || all.Name.Equals("property", StringComparison.OrdinalIgnoreCase) || all.Name.Equals("itemprop", StringComparison.OrdinalIgnoreCase) || all.Name.Equals("http-equiv", StringComparison.OrdinalIgnoreCase))
                name = all.Value.Trim();
        }
        if (name.Length is 0 or > 40 || content.IsEmpty)
            return;
        string key = name.ToString();
        if (key.Equals("robots", StringComparison.OrdinalIgnoreCase) || key.EndsWith("bot", StringComparison.OrdinalIgnoreCase) || key.Equals("x-robots-tag", StringComparison.OrdinalIgnoreCase))
            Robots(key, HtmlEntities.Decode(Head(content)));
        else if (MetaNames.TryGetValue(key, out (string Key, int Rank) found))
            Note(found.Key, found.Rank, HtmlEntities.Decode(Head(content)));
    }

    private void Link(ReadOnlySpan<char> page, Extent attributes)
    {
        string relation = Value(page, attributes, "rel");
        if (relation.Contains("license", StringComparison.OrdinalIgnoreCase))
            Note("license", 0, Value(page, attributes, "href"));
        else if (relation.Equals("canonical", StringComparison.OrdinalIgnoreCase))
            Note("canonical_url", 0, Value(page, attributes, "href"));
    }

    private void Notable(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at, bool inContent)
    {
        // Pages with thousands of these would cost more than their text is worth.
        if (++_notable > MostNotable)
            return;
        Extent attributes = nodes[at].Source;
        string property = Value(page, attributes, "itemprop"), relation = Value(page, attributes, "rel"), address = Value(page, attributes, "href");
        if (relation.Contains("license", StringComparison.OrdinalIgnoreCase) && address.Length > 0)
            Note("license", 0, address);
        else if (property.Equals("license", StringComparison.OrdinalIgnoreCase))
            Note("license", 1, address.Length > 0 ? address : Value(page, attributes, "content"));
        else if (!inContent && (address.Contains("creativecommons.org/licenses/", StringComparison.OrdinalIgnoreCase) || address.Contains("creativecommons.org/publicdomain/", StringComparison.OrdinalIgnoreCase)))
            Note("license", 3, address);
        if (relation.Split(' ').Contains("author", StringComparer.OrdinalIgnoreCase) && nodes[at].Tag == HtmlTag.A)
            Note("author", 4, Text(page, nodes, at));
        else if (property.Equals("author", StringComparison.OrdinalIgnoreCase))
            Note("author", 4, Text(page, nodes, at));
        else if (property.Equals("datePublished", StringComparison.OrdinalIgnoreCase))
            Note("date", 2, Value(page, attributes, "content") is { Length: > 0 } content ? content : Text(page, nodes, at));
    }

    private void Linked(ReadOnlySpan<char> json)
    {
        Note("date", 1, JsonLd.String(json, "\"datePublished\"") ?? "");
        Note("title", 1, JsonLd.String(json, "\"headline\"") ?? "");
        Note("license", 2, JsonLd.String(json, "\"license\"") ?? "");
        Note("language", 2, JsonLd.String(json, "\"inLanguage\"") ?? "");
        if (json.IndexOf("\"author\"") is >= 0 and int at)
            Note("author", 2, JsonLd.String(json.Slice(at, Math.Min(json.Length - at, 400)), "\"name\"") ?? "");
    }

    private void Robots(string agent, string content)
    {
        // What is said to one crawler is kept with its name, as the header of the same meaning writes it.
        string said = string.Join(", ", Folded(content).ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        if (said.Length == 0 || _robots.Length > Longest)
            return;
        string whole = agent.Equals("robots", StringComparison.OrdinalIgnoreCase) || agent.StartsWith('x') ? said : $"{agent.ToLowerInvariant()}: {said}";
        _robots = _robots.Length == 0 ? whole : $"{_robots}; {whole}";
    }

    private void Note(string key, int rank, string value)
    {
        value = Folded(HtmlEntities.Decode(value));
        if (value.Length is 0 or > Longest || (_found.TryGetValue(key, out (string Value, int Rank) before) && before.Rank <= rank))
            return;
        switch (key)
        {
            case "date":
                if (PageDates.Day(value) is not { } day)
                    return;
                value = day;
                break;
            case "language":
                value = value.Replace('_', '-');
                if (value.Length > 20 || !value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || value.Length < 2)
                    return;
                break;
            case "license":
                string identified = Licences.Identify(value);
                // Notes about rights are mostly sentences; they count where they name a licence.
                if (rank == 4 && identified == value)
                    return;
                value = identified;
                break;
            case "author" when value.Contains("://", StringComparison.Ordinal) || value.Length > 100:
                return;
        }
        _found[key] = (value, rank);
    }

    private static ReadOnlySpan<char> Head(ReadOnlySpan<char> text) => text.Length > 2 * Longest ? text[..(2 * Longest)] : text;

    private static string Value(ReadOnlySpan<char> page, Extent attributes, ReadOnlySpan<char> name) => HtmlEntities.Decode(Head(HtmlAttributes.Find(page, attributes, name).Of(page))).Trim();

    private static string Text(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at)
    {
        var text = new StringBuilder();
        for (int i = at + 1; i < nodes[at].End && text.Length <= Longest; i++)
        {
            if (nodes[i].Tag == HtmlTag.Text && !HtmlTags.Is(nodes[nodes[i].Parent].Tag, TagKind.Unread))
                text.Append(Head(nodes[i].Source.Of(page)));
        }
        return text.ToString();
    }

    /// <summary>White space folded, without control characters and halves of surrogate pairs, which no file of documents could hold.</summary>
    private static string Folded(string text)
    {
        var folded = new TextBuffer(Longest);
        foreach (Rune rune in text.EnumerateRunes())
            folded.Rune(rune);
        return folded.Written.ToString();
    }
}
