using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>Sorted records that come in blocks.</summary>
internal abstract unsafe class MergeSource<T> : IDisposable where T : unmanaged, ISortRecord<T>
{
    /// <summary>A merge's block stays in the nearest cache.</summary>
    private const int MergeRecords = 1024;

    /// <summary>The first record that was not taken yet.</summary>
    public T* Next { get; set; }

    /// <summary>Behind the last record of the block.</summary>
    public T* End { get; protected set; }

    /// <summary>Puts the next block there when all of the one before was taken; false at the end, then and ever after.</summary>
    public abstract bool Fill();

    public abstract void Dispose();

    /// <summary>All runs as one.</summary>
    public static MergeSource<T> Tree(ReadOnlySpan<ExternalSorter<T>.SortedRun> runs, int blockRecords) => runs.Length == 1
        ? new RunSource<T>(runs[0], blockRecords)
        : new MergeOfTwo<T>(Tree(runs[..(runs.Length / 2)], blockRecords), Tree(runs[(runs.Length / 2)..], blockRecords), Math.Min(MergeRecords, blockRecords));
}

/// <summary>A run on disk.</summary>
internal sealed unsafe class RunSource<T>(ExternalSorter<T>.SortedRun run, int blockRecords) : MergeSource<T> where T : unmanaged, ISortRecord<T>
{
    private readonly SafeFileHandle _file = File.OpenHandle(run.Path, options: FileOptions.SequentialScan);
    private readonly NativeArray<T> _block = new(blockRecords);
    private long _offset = run.Offset;

    public override bool Fill()
    {
        var bytes = new Span<byte>(_block.Pointer, (int)_block.Length * sizeof(T));
        int filled = 0, read;
        while (filled < bytes.Length && (read = RandomAccess.Read(_file, bytes[filled..], _offset + filled)) > 0)
            filled += read;
        _offset += filled;
        Next = _block.Pointer;
        End = Next + filled / sizeof(T);
        if (run.Convert is { } convert)
        {
            for (T* record = Next; record < End; record++)
                *record = convert(*record);
        }
        return Next < End;
    }

    public override void Dispose()
    {
        _block.Dispose();
        _file.Dispose();
    }
}

/// <summary>
/// Two sources as one. Which of two hashes is less cannot be predicted, so no branch depends on it: a record costs a few dependent instructions at each level of the tree, less than a tournament does, whose next
/// match waits for the record that the last one took.
/// </summary>
internal sealed unsafe class MergeOfTwo<T>(MergeSource<T> left, MergeSource<T> right, int blockRecords) : MergeSource<T> where T : unmanaged, ISortRecord<T>
{
    private readonly NativeArray<T> _block = new(blockRecords);

    public override bool Fill()
    {
        T* to = _block.Pointer, limit = to + _block.Length;
        while (to < limit)
        {
            bool leftEnded = left.Next == left.End && !left.Fill(), rightEnded = right.Next == right.End && !right.Fill();
            if (leftEnded || rightEnded)
            {
                if (leftEnded && rightEnded)
                    break;
                to = Take(leftEnded ? right : left, to, limit - to);
            }
            else
                to = Merge(to, Math.Min(limit - to, Math.Min(left.End - left.Next, right.End - right.Next)));
        }
        Next = _block.Pointer;
        End = to;
        return Next < End;
    }

    public override void Dispose()
    {
        left.Dispose();
        right.Dispose();
        _block.Dispose();
    }

    private static T* Take(MergeSource<T> source, T* to, long room)
    {
        long count = Math.Min(room, source.End - source.Next);
        new ReadOnlySpan<T>(source.Next, (int)count).CopyTo(new Span<T>(to, (int)count));
        source.Next += count;
        return to + count;
    }

    /// <summary>Takes so many records, of which either side has enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private T* Merge(T* to, long count)
    {
        T* a = left.Next, b = right.Next;
        for (T* end = to + count; to < end; to++)
        {
            nint second = Unsafe.BitCast<bool, byte>(T.Less(in *b, in *a));
            nint mask = -second;
            *to = *(T*)((nint)a ^ (((nint)a ^ (nint)b) & mask));
            b += second;
            a += 1 - second;
        }
        left.Next = a;
        right.Next = b;
        return to;
    }
}
