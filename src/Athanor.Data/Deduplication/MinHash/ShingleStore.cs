using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>The shingle sets of all documents on disk, from which candidates are verified: 4 bytes a shingle and 8 a document.</summary>
internal sealed class ShingleStore : IDisposable
{
    private readonly MappedFile _data, _ends;

    private ShingleStore(string path) => (_data, _ends) = (new MappedFile(path + ".data"), new MappedFile(path + ".ends"));

    public static ShingleStore Open(string path) => new(path);

    /// <summary>The sorted set of a document; empty for one without a signature.</summary>
    public ReadOnlySpan<uint> this[long number]
    {
        get
        {
            long start = number == 0 ? 0 : _ends.Read<long>((number - 1) * sizeof(long)), end = _ends.Read<long>(number * sizeof(long));
            return _data.Span<uint>(start * sizeof(uint), checked((int)(end - start)));
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        _ends.Dispose();
    }

    internal sealed class Writer(string path) : IDisposable
    {
        private readonly RecordWriter<uint> _data = new(path + ".data", 1 << 16);
        private readonly RecordWriter<long> _ends = new(path + ".ends");

        public void Add(ReadOnlySpan<uint> set)
        {
            foreach (uint shingle in set)
                _data.Write(in shingle);
            _ends.Write(_data.Count);
        }

        public void Dispose()
        {
            _data.Dispose();
            _ends.Dispose();
        }
    }
}
