using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>Reads sorted records one after another: from memory, or from runs on disk that a tournament of losers merges (Knuth, TAOCP 3, 5.4.1).</summary>
internal sealed unsafe class SortedReader<T> : IDisposable where T : unmanaged, ISortRecord<T>
{
    private readonly NativeArray<T>? _memory;
    private readonly long _count;
    private readonly Cursor[] _cursors = [];
    private readonly int[] _losers = [];
    private readonly ulong[] _keys = [];
    private long _at;
    private int _winner;

    public SortedReader(NativeArray<T> records, long count) => (_memory, _count) = (records, count);

    public SortedReader(ExternalSorter<T>.SortedRun[] runs, int blockRecords)
    {
        _cursors = [.. runs.Select(run => new Cursor(run, blockRecords))];
        _losers = new int[_cursors.Length];
        _keys = [.. _cursors.Select(cursor => cursor.Ended ? ulong.MaxValue : T.Key(in cursor.Current))];
        _winner = Build(1);
    }

    /// <summary>The next record; false at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out T record)
    {
        if (_memory is not null)
        {
            if (_at < _count)
            {
                record = _memory.Pointer[_at++];
                return true;
            }
            record = default;
            return false;
        }
        return Merge(out record);
    }

    public void Dispose()
    {
        _memory?.Dispose();
        foreach (Cursor cursor in _cursors)
            cursor.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Merge(out T record)
    {
        Cursor[] cursors = _cursors;
        int winner = _winner;
        Cursor best = cursors[winner];
        if (best.Ended)
        {
            record = default;
            return false;
        }
        record = best.Current;
        best.Move();
        ulong[] keys = _keys;
        int[] losers = _losers;
        keys[winner] = best.Ended ? ulong.MaxValue : T.Key(in best.Current);
        ulong key = keys[winner];
        for (int node = (winner + cursors.Length) >> 1; node > 0; node >>= 1)
        {
            int other = losers[node];
            ulong otherKey = keys[other];
            // Which of two random keys is less cannot be predicted, so no branch depends on it; equal ones are few.
            int less = otherKey == key ? Before(cursors[other], cursors[winner]) ? -1 : 0 : -Unsafe.BitCast<bool, byte>(otherKey < key);
            int change = (winner ^ other) & less;
            losers[node] = other ^ change;
            winner ^= change;
            key ^= (key ^ otherKey) & (ulong)(long)less;
        }
        _winner = winner;
        return true;
    }

    /// <summary>Plays the matches below a node: leaves are the numbers from the cursors' count on.</summary>
    private int Build(int node)
    {
        if (node >= _cursors.Length)
            return node - _cursors.Length;
        int left = Build(2 * node), right = Build(2 * node + 1);
        bool leftWins = Before(_cursors[left], _cursors[right]);
        _losers[node] = leftWins ? right : left;
        return leftWins ? left : right;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Before(Cursor a, Cursor b) => !a.Ended && (b.Ended || T.Less(in a.Current, in b.Current));

    private sealed class Cursor : IDisposable
    {
        private readonly SafeFileHandle _file;
        private readonly T[] _block;
        private readonly Func<T, T>? _convert;
        private long _offset;
        private int _at, _filled;
        public T Current;
        public bool Ended;

        public Cursor(ExternalSorter<T>.SortedRun run, int blockRecords)
        {
            _file = File.OpenHandle(run.Path, options: FileOptions.SequentialScan);
            _block = new T[blockRecords];
            _offset = run.Offset;
            _convert = run.Convert;
            Move();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Move()
        {
            if (_at == _filled && !Fill())
                return;
            Current = _block[_at++];
            if (_convert is not null)
                Current = _convert(Current);
        }

        public void Dispose() => _file.Dispose();

        private bool Fill()
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(_block.AsSpan());
            int filled = 0, read;
            while (filled < bytes.Length && (read = RandomAccess.Read(_file, bytes[filled..], _offset + filled)) > 0)
                filled += read;
            _offset += filled;
            (_at, _filled) = (0, filled / sizeof(T));
            Ended = _filled == 0;
            return !Ended;
        }
    }
}
