using System.Security.Cryptography;

namespace Athanor.Runs.Files;

/// <summary>A file within a folder, by content.</summary>
/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record ContentFile(string Path, long Size, string Sha256);

/// <summary>SHA-256 of files and folders.</summary>
public static class ContentDigest
{
    /// <summary>The hash of a file's bytes.</summary>
    public static string OfFile(string path, CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>All files below a folder, sorted by path.</summary>
    /// <exception cref="StorageException">Two names differ by case only, or the folder holds a link: neither travels between systems.</exception>
    public static IReadOnlyList<ContentFile> FilesOf(string folder, CancellationToken cancellation = default)
    {
        var found = new List<string>();
        // Links are met before what they lead to is entered, so that a link to a parent does not become a circle.
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is not null)
                throw new StorageException($"{entry.FullName} is a link; an artifact holds its files itself.");
            if (entry is FileInfo)
                found.Add(Path.GetRelativePath(folder, entry.FullName).Replace('\\', '/'));
        }
        string[] paths = [.. found.Order(StringComparer.Ordinal)];
        if (paths.GroupBy(path => path, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } clash)
            throw new StorageException($"{folder}: {string.Join(" and ", clash)} differ by case only and cannot lie together on every system.");
        var files = new ContentFile[paths.Length];
        try
        {
            Parallel.For(0, paths.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                string full = Path.Combine(folder, paths[i]);
                files[i] = new ContentFile(paths[i], new FileInfo(full).Length, OfFile(full, cancellation));
            });
        }
        catch (AggregateException e)
        {
            // One file's error says more than "one or more errors".
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
        return files;
    }

    /// <summary>One hash of a list of files: of their names, sizes and hashes.</summary>
    public static string OfFiles(IReadOnlyList<ContentFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        byte[] json = Settings.CanonicalJson.Write(writer =>
        {
            writer.WriteStartArray();
            foreach (ContentFile file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                writer.WriteStartArray();
                writer.WriteStringValue(file.Path);
                writer.WriteNumberValue(file.Size);
                writer.WriteStringValue(file.Sha256);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
        });
        return Convert.ToHexStringLower(SHA256.HashData(json));
    }

    /// <summary>The hash of a file, or of a folder's files.</summary>
    public static string OfPath(string path, CancellationToken cancellation = default) =>
        Directory.Exists(path) ? OfFiles(FilesOf(path, cancellation)) : OfFile(path, cancellation);
}
