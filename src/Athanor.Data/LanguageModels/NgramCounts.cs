using System.Buffers.Binary;
using System.Numerics;

namespace Athanor.Data.LanguageModels;

/// <summary>A window and how often it was seen.</summary>
internal readonly record struct NgramCount(UInt128 Window, ulong Count);

/// <summary>
/// Counts windows within a budget of memory: in a hash table, which is sorted and written to a file each time it is full; then files are merged, as often as somebody wants to read them through.
/// </summary>
internal sealed class NgramCounts : IDisposable
{
    private const int RecordBytes = 24, SmallestTable = 1 << 12;
    private readonly string _folder;
    private readonly int _capacity;
    private readonly List<string> _files = [];
    private UInt128[] _keys;
    private ulong[] _counts;
    private int _used;
    private bool _sorted;

    /// <param name="folder">Takes the files; it is made when it is needed.</param>
    /// <param name="budget">Bytes of memory for counting.</param>
    public NgramCounts(string folder, long budget)
    {
        _folder = folder;
        // Sorting copies the full places: a table of N takes N·24 bytes, and its sorted half as much again.
        _capacity = (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)(budget / (RecordBytes + RecordBytes / 2)) + 1) / 2, SmallestTable, 1 << 29);
        _keys = new UInt128[SmallestTable];
        _counts = new ulong[SmallestTable];
    }

    /// <summary>Windows counted, each as often as it was seen.</summary>
    public long Total { get; private set; }

    /// <summary>Files written because memory was full.</summary>
    public int Spills => _files.Count;

    public void Add(UInt128 window)
    {
        Total++;
        int at = Place(_keys, window);
        _counts[at]++;
        if (_keys[at] == window)
            return;
        _keys[at] = window;
        if (++_used * 3L <= _keys.Length * 2L)
            return;
        if (_keys.Length < _capacity)
            Grow();
        else
            Spill();
    }

    /// <summary>All windows in order, each once.</summary>
    public IEnumerable<NgramCount> Read()
    {
        if (!_sorted)
            Finish();
        if (_files.Count == 0)
        {
            for (int i = 0; i < _used; i++)
                yield return new NgramCount(_keys[i], _counts[i]);
            yield break;
        }
        var queue = new PriorityQueue<Cursor, UInt128>();
        try
        {
            foreach (string file in _files)
            {
                var cursor = new Cursor(file);
                if (cursor.Next())
                    queue.Enqueue(cursor, cursor.Current.Window);
            }
            while (queue.TryPeek(out Cursor? first, out UInt128 window))
            {
                ulong count = 0;
                while (queue.TryPeek(out first, out UInt128 same) && same == window)
                {
                    count += first.Current.Count;
                    if (first.Next())
                        queue.DequeueEnqueue(first, first.Current.Window);
                    else
                        queue.Dequeue().Dispose();
                }
                yield return new NgramCount(window, count);
            }
        }
        finally
        {
            while (queue.TryDequeue(out Cursor? cursor, out _))
                cursor.Dispose();
        }
    }

    private void Finish()
    {
        _sorted = true;
        if (_files.Count > 0)
        {
            Spill();
            (_keys, _counts) = ([], []);
        }
        else
        {
            Sort();
        }
    }

    /// <summary>Windows are never 0: the newest word is always there.</summary>
    private static int Place(UInt128[] keys, UInt128 window)
    {
        ulong hash = ((ulong)window ^ ((ulong)(window >> 64) * 0xD6E8FEB86659FD93)) * 0x9E3779B97F4A7C15;
        int at = (int)(hash >> 32) & (keys.Length - 1);
        while (keys[at] != 0 && keys[at] != window)
            at = (at + 1) & (keys.Length - 1);
        return at;
    }

    private void Grow()
    {
        var keys = new UInt128[_keys.Length * 2];
        ulong[] counts = new ulong[keys.Length];
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] == 0)
                continue;
            int at = Place(keys, _keys[i]);
            (keys[at], counts[at]) = (_keys[i], _counts[i]);
        }
        (_keys, _counts) = (keys, counts);
    }

    /// <summary>Full places first, in order.</summary>
    private void Sort()
    {
        int to = 0;
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] != 0)
                (_keys[to], _counts[to++]) = (_keys[i], _counts[i]);
        }
        Array.Sort(_keys, _counts, 0, _used);
    }

    private void Spill()
    {
        if (_used == 0)
            return;
        Directory.CreateDirectory(_folder);
        string path = Path.Combine(_folder, FormattableString.Invariant($"ngrams-{_files.Count}.tmp"));
        Sort();
        _files.Add(path);
        using (var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            Span<byte> record = stackalloc byte[RecordBytes];
            for (int i = 0; i < _used; i++)
            {
                BinaryPrimitives.WriteUInt128LittleEndian(record, _keys[i]);
                BinaryPrimitives.WriteUInt64LittleEndian(record[16..], _counts[i]);
                stream.Write(record);
            }
        }
        Array.Clear(_keys);
        Array.Clear(_counts);
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string file in _files)
            File.Delete(file);
        _files.Clear();
    }

    private sealed class Cursor(string path) : IDisposable
    {
        private readonly FileStream _stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, FileOptions.SequentialScan);

        public NgramCount Current { get; private set; }

        public bool Next()
        {
            Span<byte> record = stackalloc byte[RecordBytes];
            int read = _stream.ReadAtLeast(record, RecordBytes, throwOnEndOfStream: false);
            if (read == 0)
                return false;
            if (read < RecordBytes)
                throw new InvalidDataException($"{path} is cut off. Count again.");
            Current = new NgramCount(BinaryPrimitives.ReadUInt128LittleEndian(record), BinaryPrimitives.ReadUInt64LittleEndian(record[16..]));
            return true;
        }

        public void Dispose() => _stream.Dispose();
    }
}
