using Athanor.Data.Readers;
using Athanor.Runs.Recipes;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>read_html</c>.</summary>
public sealed record ReadHtmlSettings : ReaderSettings
{
    /// <summary>Put before the names of files, it makes the url of their documents.</summary>
    public string BaseUrl { get; init; } = "";

    /// <inheritdoc/>
    protected override FileFormat Format(ReadLimits limits) => new HtmlFolderFormat(BaseUrl, limits);
}

/// <summary>Reads folders of pages.</summary>
public static class ReadHtmlStage
{
    internal static StageKind Kind { get; } = ReaderStage.Kind<ReadHtmlSettings>("read_html", "Reads folders of pages (.html, .htm, .xhtml), a document a page, as markup for extract.");
}
