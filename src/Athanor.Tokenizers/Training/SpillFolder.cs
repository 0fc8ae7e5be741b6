using System.Buffers;

namespace Athanor.Tokenizers.Training;

/// <summary>
/// Temporary files of sorted runs in a folder of their own, which is made at the first run and removed with everything in it on disposal,
/// whether the count succeeded, failed or was cancelled.
/// </summary>
internal sealed class SpillFolder(string? parent) : IDisposable
{
    // So many files of one level are merged into one of the next, so that few are ever open at once and each byte is rewritten log times.
    private const int Fan = 32;

    private readonly Lock _lock = new();
    private readonly List<(string Path, int Level)> _files = [];
    private string? _folder;
    private int _named;

    /// <summary>Makes the stream behind a run's file; tests put failing disks here.</summary>
    internal Func<string, Stream> Create { get; set; } = path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

    /// <summary>Runs that came from tables.</summary>
    public int Runs { get; private set; }

    /// <summary>Bytes written to all runs so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Writes a run to a new file.</summary>
    /// <exception cref="IOException">The folder cannot be written to or is full; the message names it and the remedy.</exception>
    public void Write(PieceRun run, CancellationToken cancellation)
    {
        Write([run], 0, cancellation);
        lock (_lock)
            Runs++;
        for (int level = 0; TakeFull(level) is { } full; level++)
        {
            List<PieceRun> runs = [];
            try
            {
                foreach (string file in full)
                    runs.Add(new SpilledRun(file));
                Write(runs, level + 1, cancellation);
            }
            finally
            {
                runs.ForEach(spilled => spilled.Dispose());
            }
            foreach (string file in full)
                File.Delete(file);
        }
    }

    /// <summary>Opens all runs for reading.</summary>
    public List<PieceRun> Open()
    {
        lock (_lock)
            return [.. _files.Select(file => new SpilledRun(file.Path))];
    }

    public void Dispose()
    {
        if (_folder is not null && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        _folder = null;
    }

    private void Write(IReadOnlyList<PieceRun> runs, int level, CancellationToken cancellation)
    {
        string where = parent ?? Path.GetTempPath();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            string path;
            lock (_lock)
            {
                if (_folder is null)
                {
                    _folder = Path.Combine(where, $"athanor-pieces-{Guid.NewGuid():N}");
                    Directory.CreateDirectory(_folder);
                }
                path = Path.Combine(_folder, $"run-{_named++}");
            }
            long written = 0;
            using (Stream file = Create(path))
            {
                int used = 0;
                PieceRun.Merge(runs, (run, count) =>
                {
                    ReadOnlySpan<byte> piece = run.Piece;
                    if (buffer.Length - used < piece.Length + 20)
                        Flush(piece.Length + 20);
                    used += WriteNumber(buffer.AsSpan(used), (ulong)piece.Length);
                    used += WriteNumber(buffer.AsSpan(used), (ulong)count);
                    piece.CopyTo(buffer.AsSpan(used));
                    used += piece.Length;
                }, cancellation);
                Flush(0);

                void Flush(int room)
                {
                    file.Write(buffer, 0, used);
                    written += used;
                    used = 0;
                    if (buffer.Length < room)
                        buffer = new byte[room];
                }
            }
            lock (_lock)
            {
                _files.Add((path, level));
                BytesWritten += written;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"Counts could not be written to a temporary file in '{where}': {error.Message} " +
                "Make room there, choose another SpillFolder, or raise MemoryLimit so that nothing has to be spilled.", error);
        }
        finally
        {
            if (buffer.Length == 1 << 16)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private string[]? TakeFull(int level)
    {
        lock (_lock)
        {
            string[] files = [.. _files.Where(file => file.Level == level).Select(file => file.Path)];
            if (files.Length < Fan)
                return null;
            _files.RemoveAll(file => file.Level == level);
            return files;
        }
    }

    private static int WriteNumber(Span<byte> to, ulong value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            to[length++] = (byte)(value | 0x80);
        to[length++] = (byte)value;
        return length;
    }
}
