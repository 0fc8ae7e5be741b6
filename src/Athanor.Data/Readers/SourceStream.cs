using Athanor.Data.Compression;

namespace Athanor.Data.Readers;

/// <summary>Opens files, unpacked on the way where their names say so, and stops at bombs.</summary>
internal static class SourceStream
{
    /// <summary>Endings that name a compression.</summary>
    public static IReadOnlyList<string> Packed { get; } = [".gz", ".zst", ".bz2"];

    /// <summary>Endings with each compression behind them, and without.</summary>
    public static IReadOnlyList<string> Endings(params string[] plain) => [.. plain, .. plain.SelectMany(ending => Packed.Select(packed => ending + packed))];

    public static bool IsPacked(string path) => Packed.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The file as it lies on the disk.</summary>
    public static FileStream Raw(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);

    /// <summary>The file's content from a position of the unpacked bytes on.</summary>
    public static Stream Open(string path, long position, ReadLimits limits)
    {
        FileStream file = Raw(path);
        if (!IsPacked(path))
        {
            file.Position = position;
            return file;
        }
        Stream stream = new RatioGuard(file, Unpacked(path, file), limits);
        Skip(stream, position);
        return stream;
    }

    private static Stream Unpacked(string path, Stream file) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".gz" => new GzipSequence(file),
        ".zst" => new ZstdStream(file),
        _ => new Bzip2Stream(file),
    };

    private static void Skip(Stream stream, long bytes)
    {
        byte[] buffer = new byte[Math.Min(bytes, 1 << 16)];
        while (bytes > 0 && stream.Read(buffer, 0, (int)Math.Min(bytes, buffer.Length)) is > 0 and int read)
            bytes -= read;
    }
}
