using Athanor.Data.Documents;
using Athanor.Data.Readers;

namespace Athanor.Data.Parquet;

/// <summary>Flat columns of Parquet files, a row a document: one column is the text, the others are metadata. A part has the row groups that begin in it.</summary>
/// <param name="keys">Which column is what.</param>
/// <param name="limits">What is borne.</param>
internal sealed class ParquetFormat(JsonKeys keys, ReadLimits limits) : FileFormat
{
    /// <summary>Rows that a byte of a file may stand for; runs of equal values take next to nothing.</summary>
    private const long RowsAByte = 4096;

    public override IReadOnlyList<string> Endings { get; } = [".parquet"];

    public override bool CanSplit(string path) => true;

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        using FileStream file = SourceStream.Raw(part.Path);
        ParquetFooter footer;
        try
        {
            footer = ParquetFooter.Read(file);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException)
        {
            throw new InvalidDataException("the file's metadata ends before its end", e);
        }
        if (!footer.Fields.Any(field => field.Name == keys.Text))
            throw new ReadStopException(ReadProblemKind.BadRecord, 0, $"there is no flat column '{keys.Text}' (text_key); the columns are {string.Join(", ", footer.Fields.Select(field => field.Name).Take(20))}");
        // Told once a file, by the part that has its beginning.
        if (footer.Nested.Count > 0 && part.Start == 0 && position == 0)
            problems.Add(new ReadProblem(ReadProblemKind.Unsupported, part.Name, 0, $"{footer.Nested.Count} columns are lists or groups, which are not read: {string.Join(", ", footer.Nested.Take(20))}"));
        long row = 0;
        foreach (ParquetRowGroup group in footer.Groups.Where(group => group.Offset >= part.Start && group.Offset < part.End))
        {
            if (group.Rows / RowsAByte > file.Length)
                throw new ReadStopException(ReadProblemKind.Bomb, group.Offset, $"a row group says that it has {group.Rows} rows; the file has {file.Length} bytes");
            if (row + group.Rows <= position)
            {
                row += group.Rows;
                continue;
            }
            ParquetColumn[] columns = [.. footer.Fields.Select(field => new ParquetColumn(file, field, group.Chunks[field.Index], limits.LargestRecord))];
            long end = row + group.Rows;
            while (row < end)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Row(part, footer, group, columns, row + 1 > position, row, problems, out bool broken) is { } document)
                    yield return new PartDocument(document, row + 1);
                row = broken ? end : row + 1;
            }
        }
    }

    private Document? Row(FilePart part, ParquetFooter footer, ParquetRowGroup group, ParquetColumn[] columns, bool wanted, long row, ReadProblems problems, out bool broken)
    {
        string? id = null, text = null, source = null;
        Dictionary<string, string>? metadata = null;
        broken = false;
        try
        {
            for (int i = 0; i < columns.Length; i++)
            {
                string name = footer.Fields[i].Name;
                string? value = columns[i].Next();
                if (name == keys.Text)
                    text = value;
                else if (name == keys.Id)
                    id = value;
                else if (name == keys.Source)
                    source = value;
                else if (value is not null)
                    (metadata ??= new Dictionary<string, string>(StringComparer.Ordinal))[name] = value;
            }
        }
        // The class library calls damaged Brotli an invalid operation.
        catch (Exception e) when (e is InvalidDataException or ReadStopException or EndOfStreamException or ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            broken = true;
            problems.Add(new ReadProblem(e is ReadStopException { Kind: ReadProblemKind.Unsupported or ReadProblemKind.TooLong } stop ? stop.Kind : ReadProblemKind.Damaged, part.Name, group.Offset, $"{e.Message}; the rest of the row group is left"));
            return null;
        }
        if (!wanted)
            return null;
        if (text is null)
        {
            problems.Add(new ReadProblem(ReadProblemKind.BadRecord, part.Name, group.Offset, $"row {row} of the part has no '{keys.Text}'"));
            return null;
        }
        return new Document(id ?? FormattableString.Invariant($"{part.Name}@{group.Offset}+{row}"), text) { Source = source ?? "", Metadata = metadata ?? Document.NoMetadata, Origin = new DocumentOrigin(part.Name, group.Offset) };
    }
}
