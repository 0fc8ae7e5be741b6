namespace Athanor.Data.Extraction;

/// <summary>What to take from pages, and how much work one may cost.</summary>
internal sealed record ExtractionOptions
{
    public bool Title { get; init; }
    public bool Comments { get; init; }
    public bool Captions { get; init; }
    public int MaxCharacters { get; init; } = 8_000_000;
    public int MaxNodes { get; init; } = 400_000;
    public int MaxDepth { get; init; } = 512;
}

/// <summary>What a page holds.</summary>
/// <param name="Text">The main content; empty where there is none.</param>
/// <param name="Metadata">What the page says about itself, by name.</param>
/// <param name="Truncated">Whether the page was larger than is read.</param>
internal sealed record ExtractedPage(string Text, SortedDictionary<string, string> Metadata, bool Truncated);

/// <summary>Extracts the main content of pages, one after another. Its buffers are kept between them, so it serves one thread.</summary>
internal sealed class HtmlExtractor
{
    /// <summary>Less text than this makes one doubt that names of classes have told the truth.</summary>
    private const int LeastText = 250;

    private readonly ExtractionOptions _options;
    private readonly HtmlTree _tree;
    private readonly MainContent _content;
    private readonly PageWriter _writer;
    private readonly PageMetadata _metadata = new();

    public HtmlExtractor(ExtractionOptions? options = null)
    {
        _options = options ?? new ExtractionOptions();
        _tree = new HtmlTree(_options.MaxNodes, _options.MaxDepth);
        _content = new MainContent(_options.Comments, _options.Captions);
        _writer = new PageWriter(_options.MaxDepth);
    }

    /// <summary>The page that was read last.</summary>
    internal HtmlTree Tree => _tree;

    /// <summary>What was found in it.</summary>
    internal MainContent Content => _content;

    /// <summary>The node that holds the content of the page that was read last.</summary>
    internal int Root { get; private set; }

    /// <summary>Extracts a page.</summary>
    public ExtractedPage Extract(ReadOnlySpan<char> page)
    {
        bool tooLong = page.Length > _options.MaxCharacters;
        if (tooLong)
            page = page[..(_options.MaxCharacters - (char.IsHighSurrogate(page[_options.MaxCharacters - 1]) ? 1 : 0))];
        _tree.Read(page);
        string text = Text(page);
        SortedDictionary<string, string> metadata = _metadata.Read(page, _tree, Root);
        if (_options.Title && text.Length > 0 && metadata.TryGetValue("title", out string? title) && !text.AsSpan(0, Math.Min(text.Length, 300)).Contains(title, StringComparison.Ordinal))
            text = $"# {title}\n\n{text}";
        return new ExtractedPage(text, metadata, tooLong || _tree.Truncated);
    }

    private string Text(ReadOnlySpan<char> page)
    {
        string text = Write(page, names: true);
        if (text.Length < LeastText)
        {
            string plain = Write(page, names: false);
            text = plain.Length > 2 * text.Length ? plain : text;
        }
        // Pages that scripts build often carry their text for search engines.
        string? body = JsonLd.ArticleBody(page, _tree.Nodes);
        return body is not null && body.Length > 2 * text.Length ? body : text;
    }

    private string Write(ReadOnlySpan<char> page, bool names)
    {
        Root = _content.Find(_tree, names);
        _writer.Begin(_tree);
        foreach (int lead in _content.Leads)
            _writer.Write(page, lead);
        _writer.Write(page, Root);
        _writer.Finish();
        return _writer.Written.ToString();
    }
}
