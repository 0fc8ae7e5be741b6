namespace Athanor.Data.Readers;

/// <summary>A JSON object a line, each a document, or an array of them; plain files are read in parts.</summary>
/// <param name="keys">Where a document's parts lie.</param>
/// <param name="limits">What is borne.</param>
internal sealed class JsonLinesFormat(JsonKeys keys, ReadLimits limits) : FileFormat
{
    public override IReadOnlyList<string> Endings { get; } = SourceStream.Endings(".jsonl", ".ndjson", ".json");

    public override bool CanSplit(string path) => !SourceStream.IsPacked(path);

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        var parser = new JsonDocumentParser(keys, part.Name, problems);
        foreach (JsonRecord record in JsonRecords.Read(part, position, limits, problems, cancellation))
        {
            if (parser.Parse(record.Bytes.Span, record.Offset) is { } document)
                yield return new PartDocument(document, record.Next);
        }
    }
}
