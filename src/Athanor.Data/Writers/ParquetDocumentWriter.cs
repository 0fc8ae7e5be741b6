using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Documents;
using Athanor.Data.Parquet;

namespace Athanor.Data.Writers;

/// <summary>
/// Writes documents as Parquet (format 1.0): the columns <c>id</c>, <c>text</c>, <c>source</c>, <c>metadata</c> (a JSON object), <c>origin_file</c>, <c>origin_offset</c>, all
/// required, values plain, pages of about 1 MiB packed by Snappy, row groups of about 64 MiB.
/// </summary>
internal sealed class ParquetDocumentWriter(string path, bool packed = true) : IDocumentExport
{
    private const int PageBytes = 1 << 20, GroupBytes = 64 << 20, Utf8 = 0;
    private const string Creator = "athanor (parquet documents 1)";
    private static readonly (string Name, ParquetType Type)[] Columns = [("id", ParquetType.ByteArray), ("text", ParquetType.ByteArray), ("source", ParquetType.ByteArray), ("metadata", ParquetType.ByteArray), ("origin_file", ParquetType.ByteArray), ("origin_offset", ParquetType.Int64)];
    private readonly FileStream _file = Begin(path);
    private readonly Column[] _columns = [.. Columns.Select(_ => new Column())];
    private readonly List<Group> _groups = [];
    private long _rows, _groupRows;

    public void Write(Document document)
    {
        Text(0, document.Id);
        Text(1, document.Text);
        Text(2, document.Source);
        Text(3, MetadataJson.Of(document.Metadata));
        Text(4, document.Origin?.File ?? "");
        BinaryPrimitives.WriteInt64LittleEndian(_columns[5].Page.GetSpan(8), document.Origin?.Offset ?? 0);
        _columns[5].Page.Advance(8);
        _rows++;
        _groupRows++;
        foreach (Column column in _columns)
        {
            column.PageRows++;
            if (column.Page.WrittenCount >= PageBytes)
                EndPage(column);
        }
        if (_columns.Sum(column => column.Unpacked + column.Page.WrittenCount) >= GroupBytes)
            EndGroup();
    }

    public void Finish()
    {
        EndGroup();
        var footer = new ThriftWriter();
        footer.Begin();
        footer.Int32(1, 1);
        WriteSchema(footer);
        footer.Int64(3, _rows);
        footer.List(4, ThriftReader.Struct, _groups.Count);
        foreach (Group group in _groups)
            WriteGroup(footer, group);
        footer.Text(6, Creator);
        footer.End();
        _file.Write(footer.Bytes);
        Span<byte> tail = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Bytes.Length);
        "PAR1"u8.CopyTo(tail[4..]);
        _file.Write(tail);
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Begin(string path)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        file.Write("PAR1"u8);
        return file;
    }

    private void Text(int column, string text)
    {
        ArrayBufferWriter<byte> page = _columns[column].Page;
        Span<byte> span = page.GetSpan(4 + Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, span[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        page.Advance(4 + length);
    }

    private void EndPage(Column column)
    {
        if (column.PageRows == 0)
            return;
        ReadOnlySpan<byte> content = column.Page.WrittenSpan, bytes = packed ? Snappy.Pack(content) : content;
        var head = new ThriftWriter();
        head.Begin();
        head.Int32(1, ParquetPage.Data);
        head.Int32(2, content.Length);
        head.Int32(3, bytes.Length);
        head.Begin(5);
        head.Int32(1, column.PageRows);
        head.Int32(2, ParquetPage.Plain);
        head.Int32(3, ParquetPage.Rle);
        head.Int32(4, ParquetPage.Rle);
        head.End();
        head.End();
        column.Packed.Write(head.Bytes);
        column.Packed.Write(bytes);
        column.Unpacked += head.Bytes.Length + content.Length;
        column.PageRows = 0;
        column.Page.ResetWrittenCount();
    }

    private void EndGroup()
    {
        if (_groupRows == 0)
            return;
        var chunks = new List<(long Offset, long Packed, long Unpacked)>();
        foreach (Column column in _columns)
        {
            EndPage(column);
            chunks.Add((_file.Position, column.Packed.WrittenCount, column.Unpacked));
            _file.Write(column.Packed.WrittenSpan);
            column.Packed.ResetWrittenCount();
            column.Unpacked = 0;
        }
        _groups.Add(new Group(_groupRows, chunks));
        _groupRows = 0;
    }

    private static void WriteSchema(ThriftWriter footer)
    {
        footer.List(2, ThriftReader.Struct, Columns.Length + 1);
        footer.Begin();
        footer.Text(4, "schema");
        footer.Int32(5, Columns.Length);
        footer.End();
        foreach ((string name, ParquetType type) in Columns)
        {
            footer.Begin();
            footer.Int32(1, (int)type);
            footer.Int32(3, 0);
            footer.Text(4, name);
            if (type == ParquetType.ByteArray)
                footer.Int32(6, Utf8);
            footer.End();
        }
    }

    private void WriteGroup(ThriftWriter footer, Group group)
    {
        footer.Begin();
        footer.List(1, ThriftReader.Struct, Columns.Length);
        for (int i = 0; i < Columns.Length; i++)
        {
            (long offset, long bytes, long unpacked) = group.Chunks[i];
            footer.Begin();
            footer.Int64(2, offset);
            footer.Begin(3);
            footer.Int32(1, (int)Columns[i].Type);
            footer.List(2, 5, 1);
            footer.Element(ParquetPage.Plain);
            footer.List(3, ThriftReader.Binary, 1);
            footer.Element(Columns[i].Name);
            footer.Int32(4, packed ? 1 : 0);
            footer.Int64(5, group.Rows);
            footer.Int64(6, unpacked);
            footer.Int64(7, bytes);
            footer.Int64(9, offset);
            footer.End();
            footer.End();
        }
        footer.Int64(2, group.Chunks.Sum(chunk => chunk.Unpacked));
        footer.Int64(3, group.Rows);
        footer.End();
    }

    private sealed class Column
    {
        public ArrayBufferWriter<byte> Page { get; } = new(1 << 12);

        public ArrayBufferWriter<byte> Packed { get; } = new(1 << 12);

        public int PageRows { get; set; }

        public long Unpacked { get; set; }
    }

    private sealed record Group(long Rows, IReadOnlyList<(long Offset, long Packed, long Unpacked)> Chunks);
}
