using System.Buffers.Binary;
using Athanor.Runs.Files;

namespace Athanor.Data.Mixing;

/// <summary>
/// Sorts lines that do not fit into memory: each is written into the bucket of its key, then bucket after bucket is read, sorted and written. Files are only read and
/// written from front to back, so a place in the work is their lengths.
/// </summary>
internal sealed class BucketSort : IDisposable
{
    private const int HeaderBytes = 24;
    private readonly string _folder;
    private readonly FileStream[] _buckets;

    /// <summary>Buckets in a folder, cut to the lengths they had at the place to go on from.</summary>
    public BucketSort(string folder, IReadOnlyList<long> lengths)
    {
        _folder = folder;
        _buckets = new FileStream[lengths.Count];
        for (int number = 0; number < _buckets.Length; number++)
        {
            _buckets[number] = new FileStream(PathOf(number), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 15);
            _buckets[number].SetLength(lengths[number]);
            _buckets[number].Position = lengths[number];
        }
    }

    /// <summary>Whether a folder holds buckets of these lengths at least.</summary>
    public static bool Holds(string folder, IReadOnlyList<long> lengths, int from) =>
        lengths.Skip(from).Select((length, at) => new FileInfo(PathOf(folder, from + at)) is { Exists: true } file && file.Length >= length).All(holds => holds);

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

    /// <summary>Puts all that was added on the disk.</summary>
    /// <returns>The buckets' lengths.</returns>
    public long[] Save()
    {
        foreach (FileStream bucket in _buckets)
            bucket.Flush(flushToDisk: true);
        return [.. _buckets.Select(bucket => bucket.Position)];
    }

    /// <summary>Writes buckets, each with its lines in the order of their keys. The memory of the longest serves all.</summary>
    /// <param name="folder">Where they lie.</param>
    /// <param name="lengths">Their lengths.</param>
    /// <param name="from">The first that is written.</param>
    /// <param name="target">Takes the lines.</param>
    /// <returns>Numbers of buckets, when each is written.</returns>
    public static IEnumerable<int> Sort(string folder, IReadOnlyList<long> lengths, int from, Stream target)
    {
        long longest = lengths.Skip(from).DefaultIfEmpty().Max();
        if (longest > Array.MaxLength)
            throw new StorageException($"A bucket of the shuffle has {longest >> 20:N0} MiB, more than fits into memory. Give the stage more memory (data.memory), so that it takes more buckets.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)longest);
        var lines = new List<(ulong Major, ulong Minor, int At, int Length)>();
        for (int number = from; number < lengths.Count; number++)
        {
            int length = (int)lengths[number];
            using (FileStream bucket = new(PathOf(folder, number), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan))
                bucket.ReadExactly(bytes.AsSpan(0, length));
            lines.Clear();
            for (int at = 0; at < length;)
            {
                int line = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 16));
                lines.Add((BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)), at + HeaderBytes, line));
                at += HeaderBytes + line;
            }
            lines.Sort(static (a, b) => a.Major.CompareTo(b.Major) is not 0 and var order ? order : a.Minor.CompareTo(b.Minor));
            foreach ((_, _, int at, int line) in lines)
                target.Write(bytes, at, line);
            yield return number;
        }
    }

    /// <summary>Takes a bucket away that was written.</summary>
    public static void Delete(string folder, int number) => File.Delete(PathOf(folder, number));

    public void Dispose()
    {
        foreach (FileStream? bucket in _buckets)
            bucket?.Dispose();
    }

    private string PathOf(int number) => PathOf(_folder, number);

    private static string PathOf(string folder, int number) => Path.Combine(folder, FormattableString.Invariant($"bucket-{number}"));
}
