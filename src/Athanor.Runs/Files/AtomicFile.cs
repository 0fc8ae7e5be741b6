namespace Athanor.Runs.Files;

/// <summary>Writes files that appear whole or not at all: beside their place, flushed to the disk, renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file by a delegate. On failure the temporary file is removed and what was there before stays.</summary>
    /// <exception cref="StorageException">The disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path), folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
            Durable.Folder(folder);
        }
        catch (IOException e) when (StorageException.IsFull(e))
        {
            throw StorageException.Full(full, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <exception cref="StorageException">The disk is full.</exception>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
