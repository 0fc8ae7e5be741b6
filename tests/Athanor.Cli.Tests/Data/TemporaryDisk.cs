using System.Diagnostics;

namespace Athanor.Cli.Tests.Data;

/// <summary>A small disk in memory, mounted on a folder.</summary>
internal sealed class TemporaryDisk : IDisposable
{
    private readonly string _folder;

    public TemporaryDisk(string folder, string size)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={size}", "athanor-test", folder))
            throw new IOException($"Nothing could be mounted on {folder}.");
    }

    public static bool Possible()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        string folder = Directory.CreateTempSubdirectory("athanor-mount-").FullName;
        try
        {
            return Run("mount", "-t", "tmpfs", "-o", "size=1m", "athanor-test", folder) && Run("umount", folder);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    public void Grow(string size) => Run("mount", "-o", $"remount,size={size}", _folder);

    public void Dispose() => Run("umount", _folder);

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs a disk of its own, skipped where none may be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TemporaryDiskFactAttribute : FactAttribute
{
    public TemporaryDiskFactAttribute()
    {
        if (!TemporaryDisk.Possible())
            Skip = "This user may mount no disk.";
    }
}
