using System.Buffers.Binary;
using Athanor.Runs.Files;

namespace Athanor.Data.Mixing;

/// <summary>
/// Sorts lines that do not fit into memory: each is written into the bucket of its key, then bucket after bucket is read, sorted and written. Files are only read and
/// written from front to back.
/// </summary>
internal sealed class BucketSort : IDisposable
{
    private const int HeaderBytes = 24;
    private readonly FileStream[] _buckets;

    public BucketSort(string folder, int buckets) =>
        _buckets = [.. Enumerable.Range(0, buckets).Select(number => new FileStream(Path.Combine(folder, FormattableString.Invariant($"bucket-{number}")), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 15, FileOptions.DeleteOnClose))];

    public int Count => _buckets.Length;

    /// <summary>Adds a line.</summary>
    /// <param name="bucket">Keys of a bucket lie before those of the next.</param>
    /// <param name="major">The first key.</param>
    /// <param name="minor">The second key.</param>
    /// <param name="line">Without its end.</param>
    public void Add(int bucket, ulong major, ulong minor, ReadOnlySpan<byte> line)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, major);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], minor);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], line.Length + 1);
        _buckets[bucket].Write(header);
        _buckets[bucket].Write(line);
        _buckets[bucket].WriteByte((byte)'\n');
    }

    /// <summary>Writes all lines in the order of their keys.</summary>
    public void Write(Stream target, CancellationToken cancellation)
    {
        foreach (FileStream bucket in _buckets)
        {
            cancellation.ThrowIfCancellationRequested();
            if (bucket.Length > Array.MaxLength)
                throw new StorageException($"A bucket of the shuffle has {bucket.Length >> 20:N0} MiB, more than fits into memory. Give the stage more memory (data.memory), so that it takes more buckets.");
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)bucket.Length);
            bucket.Position = 0;
            bucket.ReadExactly(bytes);
            var lines = new List<(ulong Major, ulong Minor, int At, int Length)>();
            for (int at = 0; at < bytes.Length;)
            {
                int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 16));
                lines.Add((BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)), at + HeaderBytes, length));
                at += HeaderBytes + length;
            }
            lines.Sort(static (a, b) => a.Major.CompareTo(b.Major) is not 0 and var order ? order : a.Minor.CompareTo(b.Minor));
            foreach ((_, _, int at, int length) in lines)
                target.Write(bytes, at, length);
            bucket.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (FileStream bucket in _buckets)
            bucket.Dispose();
    }
}
