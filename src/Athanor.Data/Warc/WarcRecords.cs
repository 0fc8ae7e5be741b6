using System.Globalization;
using Athanor.Data.Readers;

namespace Athanor.Data.Warc;

/// <summary>
/// Goes through the records of a WARC file (ISO 28500). Lengths that lie, missing line ends, damaged and truncated gzip members are noted and cost no more than the records
/// they are in: reading goes on at the next record's beginning.
/// </summary>
internal sealed class WarcRecords(WarcInput input, string file, ReadLimits limits) : IDisposable
{
    /// <summary>Positions within gzip files are the member's byte and, in the lowest bits, the number of the record in it.</summary>
    public const int IndexBits = 20;
    private const int LongestHeader = 1 << 18;
    private bool _inside;
    private int _index;

    /// <summary>Takes what is wrong.</summary>
    public ReadProblems Problems { get; set; } = new();

    /// <summary>The record's head.</summary>
    public WarcHeader Header { get; } = new();

    /// <summary>The record's block, valid until <see cref="Close"/>.</summary>
    public ReadOnlyMemory<byte> Block { get; private set; }

    /// <summary>The byte of the file at which the record, or the gzip member that it is in, begins.</summary>
    public long Offset { get; private set; }

    /// <summary>The number of the record in its gzip member; 0 in plain files, where the offset says all.</summary>
    public int Index => input.IsGzip ? _index : 0;

    /// <summary>Goes to the next record that can be read. One that begins a run at or behind the end is not taken.</summary>
    public bool Move(long end)
    {
        while (true)
        {
            try
            {
                if (!_inside)
                {
                    if (input.IsGzip && input.Position >= end)
                        return false;
                    _index = -1;
                    if (!(_inside = input.NextRun()))
                        return false;
                }
                if (Next())
                    return true;
                _inside = false;
            }
            catch (ReadStopException e)
            {
                if (!Recover(e))
                    return false;
            }
        }
    }

    /// <summary>Ends a record that was taken.</summary>
    /// <param name="next">The position behind it.</param>
    /// <returns>False where the record turns out to be damaged, which is noted.</returns>
    public bool Close(out long next)
    {
        next = 0;
        try
        {
            input.Advance(Block.Length);
            Block = default;
            _inside = input.SkipLineEnds();
            if (_inside && Index + 1 >= 1 << IndexBits && input.IsGzip)
                throw new ReadStopException(ReadProblemKind.Unsupported, Offset, $"a gzip member holds more than {1 << IndexBits} records; pack each record into a member of its own");
            next = !input.IsGzip ? input.Position : _inside ? (input.RunStart << IndexBits) + Index + 1 : input.Position << IndexBits;
            return true;
        }
        catch (ReadStopException e)
        {
            Recover(e);
            return false;
        }
    }

    public void Dispose() => input.Dispose();

    private void Note(ReadProblemKind kind, string detail) => Problems.Add(new ReadProblem(kind, file, Offset, detail));

    private bool Recover(ReadStopException e)
    {
        Problems.Add(new ReadProblem(e.Kind, file, e.Offset, e.Message));
        _inside = false;
        return input.FindRun(Math.Max(e.Offset, input.RunStart) + 1);
    }

    /// <summary>Reads a record of the run; false at its end.</summary>
    private bool Next()
    {
        while (input.SkipLineEnds())
        {
            _index++;
            Offset = input.IsGzip ? input.RunStart : input.Position;
            if (!input.Need(5) || !input.Bytes.Span.StartsWith("WARC/"u8))
            {
                Note(ReadProblemKind.BadRecord, "a record should begin here and does not");
                if (!SkipToRecord())
                    return false;
                continue;
            }
            if (!Head())
                continue;
            if (!long.TryParse(Header.Find("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out long length))
            {
                Note(ReadProblemKind.BadRecord, $"the record's Content-Length is '{Header["Content-Length"]}'");
                if (!SkipToRecord())
                    return false;
            }
            else if (length > limits.LargestRecord)
            {
                Note(ReadProblemKind.TooLong, $"a record of {length} bytes; {limits.LargestRecord} are read (largest_record_mib)");
                if (!input.Skip(length))
                    return false;
            }
            else if (Take((int)length))
                return true;
        }
        return false;
    }

    private bool Head()
    {
        int searched = 0, end;
        while ((end = WarcHeader.EndOf(input.Bytes.Span)) < 0)
        {
            searched = input.Bytes.Length;
            if (searched >= LongestHeader || !input.Need(searched + 1))
            {
                Note(searched >= LongestHeader ? ReadProblemKind.TooLong : ReadProblemKind.Truncated, $"the record's head has no end in {searched} bytes");
                input.Advance(5);
                SkipToRecord();
                return false;
            }
        }
        Header.Read(input.Bytes.Span[..end]);
        input.Advance(end);
        return true;
    }

    /// <summary>Takes the block, of the length that it has rather than the one it is said to have.</summary>
    private bool Take(int length)
    {
        bool whole = input.Need(length);
        if (whole && EndsBehind(length))
        {
            Block = input.Bytes[..length];
            return true;
        }
        // A record that begins within the block, or else the next one behind it.
        ReadOnlySpan<byte> bytes = input.Bytes.Span;
        int inner = bytes[..Math.Min(length + 5, bytes.Length)].IndexOf("\r\n\r\nWARC/"u8);
        if (inner >= 0)
        {
            Note(ReadProblemKind.BadRecord, $"the record says that it has {length} bytes and another one begins after {inner}");
            Block = input.Bytes[..inner];
            return true;
        }
        if (!whole && !input.IsGzip)
        {
            Note(ReadProblemKind.Truncated, $"the record should have {length} bytes and the file has {bytes.Length}");
            input.Advance(bytes.Length);
            return false;
        }
        int real = whole ? RealLength(length) : bytes.Length;
        Note(ReadProblemKind.BadRecord, $"the record says that it has {length} bytes and has {real}");
        Block = input.Bytes[..real].TrimEnd("\r\n"u8);
        return true;
    }

    /// <summary>Whether a block of this length is followed by what follows blocks.</summary>
    private bool EndsBehind(int length)
    {
        // What ends a record was counted as its block.
        bool counted = input.Bytes.Span[..length].EndsWith("\r\n\r\n"u8);
        int ends = length;
        while (input.Need(ends + 1) && input.Bytes.Span[ends] is (byte)'\r' or (byte)'\n' && ends < length + 64)
            ends++;
        if (counted && ends == length)
            return false;
        return !input.Need(ends + 1) || (input.Need(ends + 5) && input.Bytes.Span[ends..].StartsWith("WARC/"u8));
    }

    private int RealLength(int length)
    {
        int searched = Math.Max(0, length - 1);
        while (true)
        {
            int at = input.Bytes.Span[searched..].IndexOf("\nWARC/"u8);
            if (at >= 0)
                return searched + at;
            searched = Math.Max(searched, input.Bytes.Length - 6);
            if (input.Bytes.Length > limits.LargestRecord || !input.Need(input.Bytes.Length + 1))
                return Math.Min(input.Bytes.Length, limits.LargestRecord);
        }
    }

    private bool SkipToRecord()
    {
        while (true)
        {
            int at = input.Bytes.Span.IndexOf("\nWARC/"u8);
            if (at >= 0)
            {
                input.Advance(at + 1);
                return true;
            }
            input.Advance(Math.Max(0, input.Bytes.Length - 5));
            if (!input.Need(input.Bytes.Length + 1))
            {
                input.Advance(input.Bytes.Length);
                return false;
            }
        }
    }
}
