using System.Globalization;
using System.Text;
using System.Xml;
using Athanor.Data.Documents;
using Athanor.Data.Readers;

namespace Athanor.Data.Wiki;

/// <summary>Dumps of MediaWiki (export format 0.3 and later), a document a page: the newest revision that the dump has, as plain text or as wikitext.</summary>
/// <param name="plain">Whether wikitext is made plain text.</param>
/// <param name="namespaces">Numbers of the namespaces that are taken; 0 is that of the articles.</param>
/// <param name="limits">What is borne.</param>
internal sealed class WikiXmlFormat(bool plain, IReadOnlyList<int> namespaces, ReadLimits limits) : FileFormat
{
    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CheckCharacters = false, IgnoreComments = true, IgnoreProcessingInstructions = true };

    public override IReadOnlyList<string> Endings { get; } = SourceStream.Endings(".xml");

    public override bool CanSplit(string path) => !SourceStream.IsPacked(path);

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        bool packed = SourceStream.IsPacked(part.Path);
        // A tag over the part's beginning belongs to the part before.
        long begin = position > 0 ? position : packed ? 0 : part.Start;
        using Stream stream = SourceStream.Open(part.Path, begin, limits);
        var pages = new WikiPages(stream, begin, limits.LargestRecord);
        while (pages.Move(packed ? long.MaxValue : part.End))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Make(part, pages, problems) is { } document)
                yield return new PartDocument(document, pages.Next);
        }
    }

    private Document? Make(FilePart part, WikiPages pages, ReadProblems problems)
    {
        if (pages.Unended)
            return Refuse(ReadProblemKind.Truncated, "the file ends within a page");
        if (pages.TooLong)
            return Refuse(ReadProblemKind.TooLong, $"a page of more than {limits.LargestRecord} bytes (largest_record_mib)");
        Dictionary<string, string> fields;
        try
        {
            fields = Fields(pages.Page.Span);
        }
        catch (XmlException e)
        {
            return Refuse(ReadProblemKind.Damaged, e.Message);
        }
        string title = fields.GetValueOrDefault("title", "");
        if (!int.TryParse(fields.GetValueOrDefault("ns", "0"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int space) || !namespaces.Contains(space))
            return Refuse(ReadProblemKind.NotAsked, $"'{title}' is in namespace {fields.GetValueOrDefault("ns")}");
        if (fields.ContainsKey("redirect"))
            return Refuse(ReadProblemKind.NotAsked, $"'{title}' is a redirect");
        if (fields.GetValueOrDefault("revision/model", "wikitext") is not "wikitext" and var model)
            return Refuse(ReadProblemKind.NotAsked, $"'{title}' is {model}, not wikitext");
        string text = fields.GetValueOrDefault("revision/text", "");
        text = plain ? WikiText.Plain(text) : text;
        if (text.Length == 0)
            return Refuse(ReadProblemKind.NotAsked, $"'{title}' has no text");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["title"] = title };
        if (fields.TryGetValue("revision/timestamp", out string? date))
            metadata["date"] = date;
        return new Document(fields.GetValueOrDefault("id") ?? FormattableString.Invariant($"{part.Name}@{pages.Offset}"), plain ? title + "\n\n" + text : text) { Metadata = metadata, Origin = new DocumentOrigin(part.Name, pages.Offset) };

        Document? Refuse(ReadProblemKind kind, string detail)
        {
            problems.Add(new ReadProblem(kind, part.Name, pages.Offset, detail));
            return null;
        }
    }

    /// <summary>The texts of the page's elements and its revision's; of several revisions the last.</summary>
    private static Dictionary<string, string> Fields(ReadOnlySpan<byte> page)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        using var reader = XmlReader.Create(new StringReader(Encoding.UTF8.GetString(page)), Settings);
        reader.MoveToContent();
        reader.Read();
        while (!reader.EOF)
        {
            if (reader.NodeType != XmlNodeType.Element || (reader.Depth == 1 && reader.LocalName == "revision"))
                reader.Read();
            else if (reader.Depth == 1 && reader.LocalName == "redirect")
            {
                fields["redirect"] = "";
                reader.Skip();
            }
            else if (reader.Depth == 1 && reader.LocalName is "title" or "ns" or "id")
                fields[reader.LocalName] = reader.ReadElementContentAsString();
            else if (reader.Depth == 2 && reader.LocalName is "timestamp" or "text" or "model")
            {
                string name = "revision/" + reader.LocalName;
                fields[name] = reader.ReadElementContentAsString();
            }
            else
                reader.Skip();
        }
        return fields;
    }
}
