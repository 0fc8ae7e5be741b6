namespace Athanor.Data.Deduplication.Sorting;

/// <summary>
/// Sorts more records than there is memory for: sorted runs of half the budget go to disk and are merged, in several rounds where there are too many of them to merge at
/// once. The order is total, so the result depends on nothing but the records.
/// </summary>
internal sealed unsafe class ExternalSorter<T> : IDisposable where T : unmanaged, ISortRecord<T>
{
    /// <summary>The least budget: below it the blocks of a merge would be too small.</summary>
    public const long LeastMemory = 256 << 10;

    private const int LeastBlock = 16 << 10, FirstRecords = 4096;
    private readonly string _folder, _name;
    private readonly long _memory, _capacity;
    private readonly List<SortedRun> _runs = [];
    private NativeArray<T>? _records, _spare;
    private long _count;
    private int _files;

    /// <param name="folder">Where runs may lie; they are deleted on the way.</param>
    /// <param name="name">Begins the names of its files.</param>
    /// <param name="memory">Bytes for records and blocks.</param>
    public ExternalSorter(string folder, string name, long memory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory, LeastMemory);
        (_folder, _name, _memory) = (folder, name, memory);
        // Records and the spare room of the sort take half each.
        _capacity = memory / 2 / sizeof(T);
        _records = new NativeArray<T>(Math.Min(FirstRecords, _capacity));
    }

    /// <summary>Records added.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes written to disk.</summary>
    public long SpilledBytes { get; private set; }

    /// <summary>The most bytes held in memory at any time.</summary>
    public long PeakBytes { get; private set; }

    public void Add(in T record)
    {
        if (_count == _records!.Length)
            MakeRoom();
        _records.Pointer[_count++] = record;
        Count++;
    }

    /// <summary>Adds a file of sorted records that stays, with <paramref name="offset"/> bytes before the first.</summary>
    public void AddRun(string path, long offset, Func<T, T> convert)
    {
        long records = (new FileInfo(path).Length - offset) / sizeof(T);
        Count += records;
        _runs.Add(new SortedRun(path, offset, Ours: false, convert));
    }

    /// <summary>The records in order. Called once; nothing can be added any more.</summary>
    public SortedReader<T> Sorted()
    {
        if (_runs.Count == 0)
        {
            T* sorted = SortRecords();
            (NativeArray<T> records, NativeArray<T>? spare, long count) = (_records!, _spare, _count);
            (_records, _spare) = (null, null);
            bool inSpare = spare is not null && sorted == spare.Pointer;
            (inSpare ? records : spare)?.Dispose();
            return new SortedReader<T>(inSpare ? spare! : records, count);
        }
        if (_count > 0)
            Spill();
        Release();
        int fanIn = (int)Math.Clamp(_memory / LeastBlock - 1, 2, 1 << 10);
        while (_runs.Count > fanIn)
        {
            // The oldest runs are as long as any; a merged one goes to the end, so all grow alike.
            SortedRun[] first = [.. _runs.Take(fanIn)];
            _runs.RemoveRange(0, fanIn);
            string path = NextFile();
            using (var merge = new SortedReader<T>(first, BlockRecords(fanIn + 1)))
            using (var writer = new RecordWriter<T>(path, BlockRecords(fanIn + 1)))
            {
                while (merge.Next(out T record))
                    writer.Write(in record);
                SpilledBytes += writer.Count * sizeof(T);
            }
            Delete(first);
            _runs.Add(new SortedRun(path, 0, Ours: true, null));
        }
        // The merges above the runs' blocks hold as much again at most.
        PeakBytes = Math.Max(PeakBytes, 2L * BlockRecords(_runs.Count) * sizeof(T) * _runs.Count);
        return new SortedReader<T>([.. _runs], BlockRecords(_runs.Count));
    }

    public void Dispose()
    {
        Release();
        Delete(_runs);
        _runs.Clear();
    }

    private int BlockRecords(int runs) => (int)Math.Clamp(_memory / 2 / runs / sizeof(T), 64, 1 << 20);

    private void MakeRoom()
    {
        if (_count < _capacity)
        {
            _records!.Grow(Math.Min(_capacity, _count * 2));
            PeakBytes = Math.Max(PeakBytes, _records.Length * sizeof(T) * 2);
            return;
        }
        Spill();
    }

    private void Spill()
    {
        string path = NextFile();
        T* sorted = SortRecords();
        RecordWriter<T>.WriteAll(path, sorted, _count);
        SpilledBytes += _count * sizeof(T);
        _runs.Add(new SortedRun(path, 0, Ours: true, null));
        _count = 0;
    }

    private T* SortRecords()
    {
        if (_spare is null || _spare.Length < _count)
        {
            _spare?.Dispose();
            _spare = new NativeArray<T>(_count == _records!.Length ? _count : Math.Min(_records.Length, _count));
        }
        PeakBytes = Math.Max(PeakBytes, (_records!.Length + _spare.Length) * sizeof(T));
        return RadixSort.Sort(_records.Pointer, _spare.Pointer, _count);
    }

    private string NextFile() => Path.Combine(_folder, FormattableString.Invariant($"{_name}-{_files++:00000}.run"));

    private void Release()
    {
        _records?.Dispose();
        _spare?.Dispose();
        (_records, _spare) = (null, null);
    }

    private static void Delete(IEnumerable<SortedRun> runs)
    {
        foreach (SortedRun run in runs)
        {
            if (run.Ours)
                File.Delete(run.Path);
        }
    }

    /// <param name="Path">The file.</param>
    /// <param name="Offset">Bytes before the first record.</param>
    /// <param name="Ours">Whether the sorter made it and deletes it.</param>
    /// <param name="Convert">Changes records on the way without changing their order.</param>
    internal sealed record SortedRun(string Path, long Offset, bool Ours, Func<T, T>? Convert);
}
