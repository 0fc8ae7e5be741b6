using Athanor.Data.Charsets;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>Pages as files, a document each, as markup.</summary>
/// <param name="baseUrl">Put before a file's name to make the document's url; none where empty.</param>
/// <param name="limits">What is borne.</param>
internal sealed class HtmlFolderFormat(string baseUrl, ReadLimits limits) : WholeFileFormat(limits)
{
    public override IReadOnlyList<string> Endings { get; } = SourceStream.Endings(".html", ".htm", ".xhtml");

    protected override bool IsMarkup => true;

    private protected override Document? Make(FilePart part, DecodedText text, ReadProblems problems)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["content_type"] = "text/html", ["charset"] = text.Charset };
        if (baseUrl.Length > 0)
            metadata["url"] = baseUrl.TrimEnd('/') + "/" + string.Join('/', part.Name.Split('/').Select(Uri.EscapeDataString));
        return text.Text.AsSpan().Trim().IsEmpty ? null : new Document(part.Name, text.Text) { Metadata = metadata, Origin = new DocumentOrigin(part.Name, 0) };
    }
}
