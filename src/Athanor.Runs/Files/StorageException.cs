namespace Athanor.Runs.Files;

/// <summary>Something cannot be stored or is not as it was stored; the message says where and what to do.</summary>
public sealed class StorageException : IOException
{
    private const int UnixNoSpace = 28, UnixQuota = 122, MacQuota = 69, WindowsHandleDiskFull = unchecked((int)0x80070027), WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Reports a storage problem.</summary>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Whether an error means that a disk or quota is full.</summary>
    public static bool IsFull(IOException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return OperatingSystem.IsWindows() ? error.HResult is WindowsDiskFull or WindowsHandleDiskFull
            : error.HResult is UnixNoSpace || error.HResult == (OperatingSystem.IsMacOS() ? MacQuota : UnixQuota);
    }

    internal static StorageException Full(string path, IOException inner)
    {
        string space = "";
        try
        {
            var drive = new DriveInfo(Path.GetFullPath(path));
            space = $" ({drive.AvailableFreeSpace >> 20:N0} MiB free of {drive.TotalSize >> 20:N0} on {drive.Name})";
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The figure is a comfort.
        }
        return new StorageException($"The disk is full{space}: {path} could not be written. Free space or choose another folder, then run again: what was complete is kept.", inner);
    }
}
