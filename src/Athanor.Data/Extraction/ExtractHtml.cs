using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Extraction;

/// <summary>Settings of <c>extract_html</c>: takes the main content out of web pages.</summary>
public sealed record ExtractHtmlSettings : IStepSource
{
    /// <summary>Pages with less text are removed, in UTF-16 characters.</summary>
    [Range(0, int.MaxValue)]
    public int MinLength { get; init; } = 1;

    /// <summary>Whether the page's title stands before the text, where the text does not begin with it.</summary>
    public bool Title { get; init; }

    /// <summary>Whether comments of readers are kept.</summary>
    public bool Comments { get; init; }

    /// <summary>Whether captions of pictures are kept.</summary>
    public bool Captions { get; init; }

    /// <summary>UTF-16 characters of a page that are read; the rest is left out.</summary>
    [Range(1024, 1 << 28)]
    public int MaxCharacters { get; init; } = 8_000_000;

    /// <summary>Elements and texts of a page that are read; the rest is left out.</summary>
    [Range(1024, 1 << 26)]
    public int MaxNodes { get; init; } = 400_000;

    /// <summary>Elements within each other that are told apart; what lies deeper belongs to the deepest.</summary>
    [Range(32, 4096)]
    public int MaxDepth { get; init; } = 512;

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new ExtractHtmlStep(this);
}

/// <summary>Puts a page's content in the place of its markup, and what it says about itself into the metadata.</summary>
internal sealed class ExtractHtmlStep(ExtractHtmlSettings settings) : DocumentStep
{
    private readonly HtmlExtractor _extractor = new(new ExtractionOptions
    {
        Title = settings.Title,
        Comments = settings.Comments,
        Captions = settings.Captions,
        MaxCharacters = settings.MaxCharacters,
        MaxNodes = settings.MaxNodes,
        MaxDepth = settings.MaxDepth,
    });

    public override IReadOnlyList<string> Signals { get; } = ["length", "share"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        ExtractedPage page = _extractor.Extract(document.Text);
        signals[0] = page.Text.Length;
        signals[1] = document.Text.Length == 0 ? 0 : (float)page.Text.Length / document.Text.Length;
        if (page.Text.Length < settings.MinLength)
            return new Removal(page.Text.Length == 0 ? "no_content" : "too_little_content", page.Text.Length, settings.MinLength);
        SortedDictionary<string, string> metadata = page.Metadata;
        // What the reader knows, from the record's header, is nearer to the truth than what the page says.
        foreach ((string name, string value) in document.Metadata)
            metadata[name] = value;
        if (page.Truncated)
            metadata["truncated"] = "true";
        document = document with { Text = page.Text, Metadata = metadata };
        return null;
    }
}
