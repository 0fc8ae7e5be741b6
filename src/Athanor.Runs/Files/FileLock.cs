namespace Athanor.Runs.Files;

/// <summary>
/// A lock on a file that the system takes back when its holder dies. The file itself stays: removing it would let two holders lock two files of one name.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>The lock, or null where another process or thread holds it.</summary>
    public static FileLock? Try(string path, bool shared = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            if (!shared)
                return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
            if (!File.Exists(path))
                new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, 1).Dispose();
            return new FileLock(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1));
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    /// <summary>Errors of the system's own locks: a sharing violation, or "try again".</summary>
    private static bool IsHeld(IOException error) =>
        OperatingSystem.IsWindows() ? error.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021)
        : error.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    /// <summary>Waits for the lock, asking again and again: the system's own wait cannot be cancelled.</summary>
    public static async Task<FileLock> Wait(string path, Action waiting, CancellationToken cancellation, bool shared = false)
    {
        bool told = false;
        while (true)
        {
            if (Try(path, shared) is { } held)
                return held;
            if (!told)
                waiting();
            told = true;
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stream.Dispose();
}
