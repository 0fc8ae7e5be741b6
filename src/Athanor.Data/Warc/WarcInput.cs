using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Warc;

/// <summary>
/// The bytes of a WARC file in runs: a gzip member, which holds one record as a rule, or a plain file as a whole. What is wrong within a run does not reach the next one.
/// </summary>
internal sealed class WarcInput : IDisposable
{
    private readonly Stream _file;
    private readonly GzipMembers? _members;
    private readonly ReadLimits _limits;
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private long _unpacked;
    private bool _ended = true, _begun;

    public WarcInput(Stream file, bool gzip, long position, ReadLimits limits)
    {
        (_file, _limits) = (file, limits);
        if (gzip)
            _members = new GzipMembers(file, position);
        else
            file.Position = _unpacked = position;
    }

    /// <summary>Whether runs can be found anew behind damage.</summary>
    public bool IsGzip => _members is not null;

    /// <summary>Where the run begins in the file.</summary>
    public long RunStart { get; private set; }

    /// <summary>Where the next run begins, once this one is at its end; within a plain file, the current byte.</summary>
    public long Position => _members is { } members ? members.Position : _unpacked - (_end - _start);

    /// <summary>What is there of the run.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Goes to the next run; false at the end of the file.</summary>
    public bool NextRun()
    {
        (_start, _end, _ended) = (0, 0, false);
        RunStart = Position;
        bool there = _members?.Next() ?? !_begun;
        RunStart = _members?.Start ?? RunStart;
        _begun = true;
        return there;
    }

    /// <summary>Goes to the first run from a byte on that begins as a record does.</summary>
    public bool FindRun(long from)
    {
        (_start, _end, _ended) = (0, 0, true);
        return _members?.Find(from, "WARC/"u8) ?? false;
    }

    /// <summary>Whether so many bytes of the run are there from the current one on, after reading.</summary>
    public bool Need(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (_ended)
                return false;
            if (_buffer.Length - _start < bytes || _end == _buffer.Length)
            {
                byte[] to = bytes > _buffer.Length || _end - _start == _buffer.Length ? new byte[Math.Max(bytes, _buffer.Length * 2)] : _buffer;
                _buffer.AsSpan(_start, _end - _start).CopyTo(to);
                (_buffer, _start, _end) = (to, 0, _end - _start);
            }
            int read = _members?.Read(_buffer.AsSpan(_end)) ?? _file.Read(_buffer.AsSpan(_end));
            _end += read;
            _unpacked += read;
            _ended = read == 0;
            if (_members is { } members && _limits.IsBomb(members.Position - members.Start, members.Unpacked))
                throw new ReadStopException(ReadProblemKind.Bomb, members.Start, $"a gzip member of {members.Position - members.Start} bytes or more unpacks to {members.Unpacked} and more (largest_ratio)");
        }
        return true;
    }

    /// <summary>Passes bytes over that are there.</summary>
    public void Advance(int bytes) => _start += bytes;

    /// <summary>Passes bytes over, there or not; false where the run has fewer.</summary>
    public bool Skip(long bytes)
    {
        while (true)
        {
            int take = (int)Math.Min(bytes, _end - _start);
            _start += take;
            bytes -= take;
            if (bytes == 0)
                return true;
            if (!Need(1))
                return false;
        }
    }

    /// <summary>Passes line ends over; false where the run has nothing behind them.</summary>
    public bool SkipLineEnds()
    {
        while (Need(1))
        {
            int other = _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept((byte)'\r', (byte)'\n');
            _start = other < 0 ? _end : _start + other;
            if (other >= 0)
                return true;
        }
        return false;
    }

    public void Dispose()
    {
        _members?.Dispose();
        _file.Dispose();
    }
}
