using System.Runtime.CompilerServices;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>Reads sorted records one after another: from memory, or from runs on disk that a tree of merges of two joins.</summary>
internal sealed unsafe class SortedReader<T> : IDisposable where T : unmanaged, ISortRecord<T>
{
    private readonly NativeArray<T>? _memory;
    private readonly MergeSource<T>? _root;
    private T* _next, _end;

    public SortedReader(NativeArray<T> records, long count)
    {
        _memory = records;
        _next = records.Pointer;
        _end = _next + count;
    }

    /// <param name="runs">Sorted runs; equal records of them come in any order.</param>
    /// <param name="blockRecords">Records of each run that are in memory. The merges hold no more than the blocks do.</param>
    public SortedReader(ExternalSorter<T>.SortedRun[] runs, int blockRecords) => _root = MergeSource<T>.Tree(runs, blockRecords);

    /// <summary>The next record; false at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out T record)
    {
        if (_next == _end && !Fill())
        {
            record = default;
            return false;
        }
        record = *_next++;
        return true;
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _root?.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fill()
    {
        if (_root is null || !_root.Fill())
            return false;
        _next = _root.Next;
        _end = _root.End;
        return true;
    }
}
