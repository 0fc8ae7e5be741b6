using System.Text;
using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication;

/// <summary>
/// What is asked about documents by their number: id and score. On disk, 16 bytes a document and the ids; this process holds none of it.
/// </summary>
internal sealed class DocumentTable : IDisposable
{
    private readonly MappedFile _rows, _names;

    private DocumentTable(string rows, string names) => (_rows, _names) = (new MappedFile(rows), new MappedFile(names));

    public long Count => _rows.Length / Row.Size;

    public static DocumentTable Open(string path) => new(path + ".rows", path + ".names");

    public string Id(long number)
    {
        Row row = _rows.Read<Row>(number * Row.Size);
        long end = number + 1 < Count ? _rows.Read<Row>((number + 1) * Row.Size).Name : _names.Length;
        return Encoding.UTF8.GetString(_names.Span(row.Name, checked((int)(end - row.Name))));
    }

    public double Score(long number) => _rows.Read<Row>(number * Row.Size).Score;

    public void Dispose()
    {
        _rows.Dispose();
        _names.Dispose();
    }

    internal readonly record struct Row(long Name, double Score)
    {
        public const int Size = 16;
    }

    /// <summary>Writes a table.</summary>
    internal sealed class Writer(string path) : IDisposable
    {
        private readonly RecordWriter<Row> _rows = new(path + ".rows");
        private readonly RecordWriter<byte> _names = new(path + ".names", 1 << 16);

        public long Count => _rows.Count;

        public void Add(string id, double score)
        {
            _rows.Write(new Row(_names.Count, score));
            foreach (byte value in Encoding.UTF8.GetBytes(id))
                _names.Write(in value);
        }

        public void Dispose()
        {
            _rows.Dispose();
            _names.Dispose();
        }
    }
}
