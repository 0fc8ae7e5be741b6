using System.Text;
using System.Text.Unicode;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>Which column is which part of a document.</summary>
/// <param name="Text">Name of the text's column, or its number from 1 where there is no header.</param>
/// <param name="Id">The id's column; none where empty.</param>
/// <param name="Source">The source's column; none where empty.</param>
internal sealed record CsvColumns(string Text, string Id, string Source);

/// <summary>A row a document: one column is the text, the others are metadata. Read from the beginning, since a quoted field may hold line ends.</summary>
/// <param name="columns">Which column is what.</param>
/// <param name="separator">Stands between fields; 0 for a tab in .tsv files and a comma in others.</param>
/// <param name="header">Whether the first record names the columns.</param>
/// <param name="quotes">Whether fields in quotes may hold separators and line ends.</param>
/// <param name="limits">What is borne.</param>
internal sealed class CsvFormat(CsvColumns columns, byte separator, bool header, bool quotes, ReadLimits limits) : FileFormat
{
    public override IReadOnlyList<string> Endings { get; } = SourceStream.Endings(".csv", ".tsv");

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        bool tabs = part.Path.Contains(".tsv", StringComparison.OrdinalIgnoreCase);
        using Stream stream = SourceStream.Open(part.Path, 0, limits);
        var records = new CsvRecords(stream, separator != 0 ? separator : tabs ? (byte)'\t' : (byte)',', quotes, limits.LargestRecord);
        string[]? names = null;
        while (records.Move())
        {
            cancellation.ThrowIfCancellationRequested();
            if (names is null && !records.TooLong)
            {
                names = header ? [.. Enumerable.Range(0, records.Count).Select(field => Text(records[field]))] : [.. Enumerable.Range(1, records.Count).Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))];
                if (!names.Contains(columns.Text))
                    throw new ReadStopException(ReadProblemKind.BadRecord, 0, $"there is no column '{columns.Text}' (text_column); the columns are {string.Join(", ", names.Take(20))}");
                if (header)
                    continue;
            }
            if (records.Offset >= position && Make(part, records, names, problems) is { } document)
                yield return new PartDocument(document, records.Next);
        }
    }

    private Document? Make(FilePart part, CsvRecords records, string[]? names, ReadProblems problems)
    {
        if (records.TooLong || names is null)
            return Refuse(ReadProblemKind.TooLong, $"a record of more than {limits.LargestRecord} bytes, or a quote without an end");
        if (records.Unended)
            return Refuse(ReadProblemKind.Truncated, "the file ends within quotes");
        if (records.Count != names.Length)
            return Refuse(ReadProblemKind.BadRecord, $"the record has {records.Count} fields and the first one {names.Length}");
        string id = FormattableString.Invariant($"{part.Name}@{records.Offset}"), text = "", source = "";
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int field = 0; field < names.Length; field++)
        {
            if (!Utf8.IsValid(records[field]))
                Refuse(ReadProblemKind.InvalidText, $"the field '{names[field]}' is not UTF-8");
            string value = Text(records[field]);
            if (names[field] == columns.Text)
                text = value;
            else if (value.Length > 0 && names[field] == columns.Id)
                id = value;
            else if (names[field] == columns.Source)
                source = value;
            else if (value.Length > 0)
                metadata[names[field]] = value;
        }
        return new Document(id, text) { Source = source, Metadata = metadata, Origin = new DocumentOrigin(part.Name, records.Offset) };

        Document? Refuse(ReadProblemKind kind, string detail)
        {
            problems.Add(new ReadProblem(kind, part.Name, records.Offset, detail));
            return null;
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
