using System.Buffers.Binary;

namespace Athanor.Data.Mixing;

/// <summary>A document as the index knows it.</summary>
/// <param name="Length">Bytes of its line, the line's end included.</param>
/// <param name="Domain">Number of its domain, or -1.</param>
/// <param name="Size">In characters or tokens.</param>
internal readonly record struct MixRecord(int Length, int Domain, uint Size);

/// <summary>What comes in, line by line, on disk: 12 bytes a document, and 4 in a file of its domain, so that memory does not grow with the corpus.</summary>
internal sealed class MixIndex(string folder) : IDisposable
{
    private const int RecordBytes = 12;
    private readonly FileStream _all = new(Path.Combine(folder, "index"), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, 1 << 16);
    private readonly List<FileStream> _sizes = [];
    private readonly List<(long Documents, long Size, long Bytes)> _totals = [];

    /// <summary>Documents, size and bytes of each domain.</summary>
    public IReadOnlyList<(long Documents, long Size, long Bytes)> Totals => _totals;

    public void Add(MixRecord record)
    {
        Span<byte> bytes = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], record.Domain);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], record.Size);
        _all.Write(bytes);
        if (record.Domain < 0)
            return;
        while (_totals.Count <= record.Domain)
        {
            _sizes.Add(new FileStream(Path.Combine(folder, FormattableString.Invariant($"sizes-{_totals.Count}")), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 12));
            _totals.Add(default);
        }
        _sizes[record.Domain].Write(bytes[8..]);
        (long documents, long size, long length) = _totals[record.Domain];
        _totals[record.Domain] = (documents + 1, size + record.Size, length + record.Length);
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
    public IEnumerable<MixRecord> Records()
    {
        _all.Flush();
        using FileStream file = new(_all.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
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
}
