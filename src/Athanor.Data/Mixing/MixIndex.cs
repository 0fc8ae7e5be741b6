using System.Buffers.Binary;

namespace Athanor.Data.Mixing;

/// <summary>A document as the index knows it.</summary>
/// <param name="Length">Bytes of its line, the line's end included.</param>
/// <param name="Domain">Number of its domain, or -1.</param>
/// <param name="Size">In characters or tokens.</param>
internal readonly record struct MixRecord(int Length, int Domain, uint Size);

/// <summary>What comes in, line by line, on disk: 12 bytes a document, and 4 in a file of its domain, so that memory does not grow with the corpus.</summary>
internal sealed class MixIndex : IDisposable
{
    private const int RecordBytes = 12;
    private readonly string _folder;
    private readonly FileStream _all;
    private readonly List<FileStream> _sizes = [];
    private readonly List<MixTotal> _totals = [];

    /// <summary>An index in a folder, cut back to what was noted before.</summary>
    public MixIndex(string folder, MixProgress before)
    {
        _folder = folder;
        _all = Open("index", before.Records * RecordBytes, 1 << 16);
        Count = before.Records;
        foreach (MixTotal total in before.Totals)
            Add(total);
    }

    /// <summary>Documents, size and bytes of each domain.</summary>
    public IReadOnlyList<MixTotal> Totals => _totals;

    /// <summary>Documents.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a folder holds all that was noted.</summary>
    public static bool Holds(string folder, MixProgress before) =>
        Long(folder, "index", before.Records * RecordBytes) && before.Totals.Select((total, i) => Long(folder, SizesOf(i), total.Documents * sizeof(uint))).All(holds => holds);

    public void Add(MixRecord record)
    {
        Span<byte> bytes = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], record.Domain);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], record.Size);
        _all.Write(bytes);
        Count++;
        if (record.Domain < 0)
            return;
        while (_totals.Count <= record.Domain)
            Add(new MixTotal(0, 0, 0));
        _sizes[record.Domain].Write(bytes[8..]);
        MixTotal total = _totals[record.Domain];
        _totals[record.Domain] = new MixTotal(total.Documents + 1, total.Size + record.Size, total.Bytes + record.Length);
    }

    /// <summary>Puts all of it on the disk.</summary>
    public void Save()
    {
        _all.Flush(flushToDisk: true);
        foreach (FileStream sizes in _sizes)
            sizes.Flush(flushToDisk: true);
    }

    /// <summary>How many of a domain's documents, in a given order, it takes to fill a size.</summary>
    public long Fill(int domain, Sampling.IndexPermutation order, double size)
    {
        FileStream file = _sizes[domain];
        file.Flush();
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        double sum = 0;
        long taken = 0;
        // Half a document less or more: on average the sum is met.
        for (; taken < order.Count; taken++)
        {
            RandomAccess.Read(file.SafeFileHandle, bytes, order[taken] * sizeof(uint));
            uint next = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (sum + next / 2.0 > size)
                break;
            sum += next;
        }
        return taken;
    }

    /// <summary>All documents in the order in which they were added.</summary>
    /// <param name="from">Documents that are passed over.</param>
    public IEnumerable<MixRecord> Records(long from = 0)
    {
        _all.Flush();
        using FileStream file = new(_all.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
        file.Position = from * RecordBytes;
        byte[] bytes = new byte[RecordBytes];
        while (file.ReadAtLeast(bytes, RecordBytes, throwOnEndOfStream: false) == RecordBytes)
            yield return new MixRecord(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
    }

    public void Dispose()
    {
        _all.Dispose();
        foreach (FileStream sizes in _sizes)
            sizes.Dispose();
    }

    private static string SizesOf(int domain) => FormattableString.Invariant($"sizes-{domain}");

    private static bool Long(string folder, string name, long length) => new FileInfo(Path.Combine(folder, name)) is { Exists: true } file && file.Length >= length;

    private void Add(MixTotal total)
    {
        _sizes.Add(Open(SizesOf(_totals.Count), total.Documents * sizeof(uint), 1 << 12));
        _totals.Add(total);
    }

    private FileStream Open(string name, long length, int buffer)
    {
        var file = new FileStream(Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, buffer);
        file.SetLength(length);
        file.Position = length;
        return file;
    }
}
