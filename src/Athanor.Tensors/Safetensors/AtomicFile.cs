namespace Athanor.Tensors.Safetensors;

/// <summary>
/// Files that appear whole or not at all: written beside their place, flushed to the disk, renamed. On failure or cancellation the temporary file is
/// removed and what was there before stays.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private const int Unspecific = unchecked((int)0x80131620), WindowsDiskFull = unchecked((int)0x80070070), UnixNoSpace = 28;
    private readonly string _path, _temporary;
    private FileStream? _stream;
    private bool _flushed, _placed;

    /// <summary>Creates the temporary file.</summary>
    /// <param name="length">Bytes to come: reserved at once, so that a full disk is known before the work.</param>
    public AtomicFile(string path, long length)
    {
        _path = Path.GetFullPath(path);
        string directory = Path.GetDirectoryName(_path)!;
        Directory.CreateDirectory(directory);
        _temporary = Path.Combine(directory, $".{Path.GetFileName(_path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            _stream = new FileStream(_temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                PreallocationSize = length,
            });
        }
        catch (IOException e)
        {
            File.Delete(_temporary);
            // What is reserved in vain comes without the system's code, by which callers know a full disk.
            if (e is { HResult: Unspecific } && new DriveInfo(directory).AvailableFreeSpace < length)
                throw new IOException(e.Message, OperatingSystem.IsWindows() ? WindowsDiskFull : UnixNoSpace);
            throw;
        }
    }

    /// <summary>Writes a file of these bytes.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using AtomicFile file = new(path, bytes.Length);
        file.Stream.Write(bytes);
        file.Finish();
        file.Place();
    }

    /// <summary>Where to write; unbuffered.</summary>
    public Stream Stream => _stream ?? throw new InvalidOperationException("The file is complete.");

    /// <summary>Flushes to the disk and closes; the file is not in its place yet.</summary>
    public void Finish()
    {
        _stream!.Flush(flushToDisk: true);
        _stream.Dispose();
        _stream = null;
        _flushed = true;
    }

    /// <summary>Renames the finished file into its place, over an older one.</summary>
    public void Place()
    {
        if (!_flushed)
            throw new InvalidOperationException("Only a finished file can be placed.");
        File.Move(_temporary, _path, overwrite: true);
        _placed = true;
    }

    /// <summary>Removes the temporary file unless it was placed.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
        if (!_placed)
            File.Delete(_temporary);
    }
}
