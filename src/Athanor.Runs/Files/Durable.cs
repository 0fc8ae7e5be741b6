using System.Runtime.InteropServices;

namespace Athanor.Runs.Files;

/// <summary>Asks the system to put on the disk what was renamed.</summary>
internal static partial class Durable
{
    private const int ReadOnly = 0;

    /// <summary>
    /// Makes renames within a folder survive a loss of power. .NET cannot open folders, so the system's C library is asked; Windows journals renames.
    /// </summary>
    public static void Folder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int file = Open(folder, ReadOnly);
        if (file < 0)
            return;
        _ = Sync(file);
        _ = Close(file);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
