using System.Text;
using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication;

/// <summary>
/// What is asked about documents by their number: their ids. On disk, 8 bytes a document and the ids; this process holds none of it.
/// </summary>
internal sealed class DocumentTable : IDisposable
{
    private readonly MappedFile _rows, _names;

    private DocumentTable(string rows, string names) => (_rows, _names) = (new MappedFile(rows), new MappedFile(names));

    public long Count => _rows.Length / sizeof(long);

    public static DocumentTable Open(string path) => new(path + ".rows", path + ".names");

    public string Id(long number)
    {
        long start = _rows.Read<long>(number * sizeof(long)), end = number + 1 < Count ? _rows.Read<long>((number + 1) * sizeof(long)) : _names.Length;
        return Encoding.UTF8.GetString(_names.Span(start, checked((int)(end - start))));
    }

    public void Dispose()
    {
        _rows.Dispose();
        _names.Dispose();
    }

    /// <summary>Writes a table.</summary>
    internal sealed class Writer(string path) : IDisposable
    {
        private readonly RecordWriter<long> _rows = new(path + ".rows");
        private readonly RecordWriter<byte> _names = new(path + ".names", 1 << 16);

        public long Count => _rows.Count;

        public void Add(string id)
        {
            _rows.Write(_names.Count);
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
