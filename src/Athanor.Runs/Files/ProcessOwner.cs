using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Athanor.Runs.Files;

/// <summary>The process that holds or held something.</summary>
/// <param name="Pid">Process id on its host.</param>
/// <param name="Host">Machine name.</param>
/// <param name="Started">When the process started, which tells it from a later one with the same id.</param>
/// <param name="Since">When it took hold.</param>
/// <param name="Command">Its command line's first part, for people.</param>
public sealed record ProcessOwner(int Pid, string Host, DateTimeOffset Started, DateTimeOffset Since, string Command)
{
    /// <summary>This process, from now on.</summary>
    public static ProcessOwner Current(TimeProvider time)
    {
        using Process own = Process.GetCurrentProcess();
        return new ProcessOwner(own.Id, Environment.MachineName, own.StartTime, time.GetUtcNow(), Path.GetFileName(Environment.ProcessPath) ?? "");
    }

    /// <summary>True, false, or null where the process is on another host.</summary>
    public bool? IsAlive
    {
        get
        {
            if (Host != Environment.MachineName)
                return null;
            try
            {
                using Process process = Process.GetProcessById(Pid);
                // Start times are counted in clock ticks on some systems.
                return !process.HasExited && Math.Abs((process.StartTime - Started.LocalDateTime).TotalSeconds) < 2;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary><c>process 12 (athanor) on host since 2026-01-02 03:04:05Z</c>.</summary>
    public override string ToString() => $"process {Pid} ({Command}) on {Host} since {Since.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}";

    internal void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this));

    internal static ProcessOwner? Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return JsonSerializer.Deserialize<ProcessOwner>(stream);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
