using System.Runtime.InteropServices;
using Athanor.Data.Deduplication.Sorting;
using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.Deduplication.Substrings;

/// <summary>
/// All suffixes of a text in the order of their first bytes: the text is cut into parts that fit the memory, each part's suffix array is built with as much of the next part
/// behind it as is compared, and the parts are merged.
/// </summary>
internal sealed unsafe class SuffixParts : IDisposable
{
    /// <summary>Stands behind each document; no byte of UTF-8.</summary>
    public const byte Separator = 0xFF;

    private const int LeastPart = 1 << 12;
    private readonly MappedFile _text;
    private readonly string _folder;
    private readonly int _compared;
    private readonly long _memory, _partBytes;
    private readonly List<string> _parts = [];

    /// <param name="text">Documents, a separator behind each.</param>
    /// <param name="folder">Where sorted parts may lie.</param>
    /// <param name="compared">Bytes by which suffixes are compared; those with fewer left in their document are left out. At least 16.</param>
    /// <param name="memory">Bytes for arrays and blocks.</param>
    public SuffixParts(MappedFile text, string folder, int compared, long memory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(compared, SuffixRecord.PrefixBytes);
        (_text, _folder, _compared, _memory) = (text, folder, compared, memory);
        _partBytes = Math.Clamp((long)(memory / SuffixArray.BytesPerByte) - compared - 64, LeastPart, int.MaxValue - 64L - compared);
    }

    public int Parts => (int)((_text.Length + _partBytes - 1) / _partBytes);

    public long SpilledBytes { get; private set; }

    public long PeakBytes { get; private set; }

    /// <summary>Calls with each group of places whose first bytes are the same, and which are at least two. The span is valid during the call; its order means nothing.</summary>
    public void Groups(SpanAction group, Action<long> progress, CancellationToken cancellation)
    {
        var members = new List<long>();
        long previous = -1;
        void Take(long place)
        {
            if (previous >= 0 && !Same(previous, place))
                End();
            members.Add(place);
            previous = place;
        }
        void End()
        {
            if (members.Count > 1)
                group(CollectionsMarshal.AsSpan(members));
            members.Clear();
        }
        if (Parts <= 1)
            SortPart(0, Take, cancellation);
        else
        {
            for (int part = 0; part < Parts; part++)
            {
                string path = Path.Combine(_folder, FormattableString.Invariant($"suffixes-{part:0000}"));
                using (var writer = new RecordWriter<SuffixRecord>(path, 1 << 14))
                {
                    SortPart(part, place => writer.Write(SuffixRecord.At(_text.Pointer, place)), cancellation);
                    SpilledBytes += writer.Count * sizeof(SuffixRecord);
                }
                _parts.Add(path);
                progress(Math.Min(_text.Length, (part + 1) * _partBytes));
            }
            Merge(Take, cancellation);
        }
        End();
    }

    public void Dispose()
    {
        foreach (string part in _parts)
            File.Delete(part);
    }

    public delegate void SpanAction(Span<long> places);

    private bool Same(long a, long b) => new ReadOnlySpan<byte>(_text.Pointer + a, _compared).SequenceEqual(new ReadOnlySpan<byte>(_text.Pointer + b, _compared));

    private void SortPart(int part, Action<long> take, CancellationToken cancellation)
    {
        long start = part * _partBytes;
        int own = (int)Math.Min(_partBytes, _text.Length - start), length = (int)Math.Min(_text.Length - start, (long)own + _compared);
        if (own <= 0)
            return;
        cancellation.ThrowIfCancellationRequested();
        using var suffixes = new NativeArray<int>(length + 1L);
        using NativeArray<ulong> whole = WholeOnes(start, own, length);
        PeakBytes = Math.Max(PeakBytes, suffixes.Length * 4 + whole.Length * 8 + length / 8);
        SuffixArray.Build(_text.Pointer + start, length, suffixes.Pointer);
        for (int i = 0; i <= length; i++)
        {
            int suffix = suffixes.Pointer[i];
            if (suffix < own && (whole.Pointer[suffix >> 6] >> (suffix & 63) & 1) != 0)
                take(start + suffix);
        }
    }

    /// <summary>Marks the places that have enough bytes before their document's end.</summary>
    private NativeArray<ulong> WholeOnes(long start, int own, int length)
    {
        var marks = new NativeArray<ulong>(own / 64 + 1);
        for (int i = 0; i < marks.Length; i++)
            marks.Pointer[i] = 0;
        int separator = length;
        for (int at = length - 1; at >= 0; at--)
        {
            if (_text.Pointer[start + at] == Separator)
                separator = at;
            if (at < own && separator - at >= _compared && at + _compared <= length)
                marks.Pointer[at >> 6] |= 1UL << (at & 63);
        }
        return marks;
    }

    private void Merge(Action<long> take, CancellationToken cancellation)
    {
        int block = (int)Math.Clamp(_memory / _parts.Count / sizeof(SuffixRecord), 64, 1 << 18);
        PeakBytes = Math.Max(PeakBytes, (long)block * _parts.Count * sizeof(SuffixRecord));
        Cursor[] cursors = [.. _parts.Select(part => new Cursor(part, block))];
        try
        {
            int count = cursors.Length, seen = 0;
            var losers = new int[count];
            int winner = Play(cursors, losers, 1);
            while (!cursors[winner].Ended)
            {
                if ((++seen & 0xFFFF) == 0)
                    cancellation.ThrowIfCancellationRequested();
                take(cursors[winner].Current.Place);
                cursors[winner].Move();
                for (int node = (winner + count) >> 1; node > 0; node >>= 1)
                {
                    if (Before(cursors[losers[node]], cursors[winner]))
                        (losers[node], winner) = (winner, losers[node]);
                }
            }
        }
        finally
        {
            foreach (Cursor cursor in cursors)
                cursor.Dispose();
        }
    }

    private int Play(Cursor[] cursors, int[] losers, int node)
    {
        if (node >= cursors.Length)
            return node - cursors.Length;
        int left = Play(cursors, losers, 2 * node), right = Play(cursors, losers, 2 * node + 1);
        bool leftWins = Before(cursors[left], cursors[right]);
        losers[node] = leftWins ? right : left;
        return leftWins ? left : right;
    }

    private bool Before(Cursor a, Cursor b)
    {
        if (a.Ended || b.Ended)
            return !a.Ended;
        if (a.Current.First != b.Current.First)
            return a.Current.First < b.Current.First;
        if (a.Current.Second != b.Current.Second)
            return a.Current.Second < b.Current.Second;
        int rest = _compared - SuffixRecord.PrefixBytes;
        int order = new ReadOnlySpan<byte>(_text.Pointer + a.Current.Place + SuffixRecord.PrefixBytes, rest).SequenceCompareTo(new ReadOnlySpan<byte>(_text.Pointer + b.Current.Place + SuffixRecord.PrefixBytes, rest));
        return order != 0 ? order < 0 : a.Current.Place < b.Current.Place;
    }

    private sealed class Cursor : IDisposable
    {
        private readonly SafeFileHandle _file;
        private readonly SuffixRecord[] _block;
        private long _offset;
        private int _at, _filled;

        public Cursor(string path, int block)
        {
            _file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            _block = new SuffixRecord[block];
            Move();
        }

        public SuffixRecord Current { get; private set; }

        public bool Ended { get; private set; }

        public void Move()
        {
            if (_at == _filled && !Fill())
                return;
            Current = _block[_at++];
        }

        public void Dispose() => _file.Dispose();

        private bool Fill()
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(_block.AsSpan());
            int filled = 0, read;
            while (filled < bytes.Length && (read = RandomAccess.Read(_file, bytes[filled..], _offset + filled)) > 0)
                filled += read;
            _offset += filled;
            (_at, _filled) = (0, filled / sizeof(SuffixRecord));
            Ended = _filled == 0;
            return !Ended;
        }
    }
}
