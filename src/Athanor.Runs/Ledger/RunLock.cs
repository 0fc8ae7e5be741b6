using Athanor.Runs.Files;

namespace Athanor.Runs.Ledger;

/// <summary>
/// Lets one process write a run. The system's file lock decides, and dies with its holder; <c>owner.json</c> beside it says who holds it, and decides
/// where a file system has no locks.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(30), Fresh = TimeSpan.FromMinutes(2);
    private readonly FileLock _lock;
    private readonly Timer _beat;
    private readonly string _owner;
    private bool _disposed;

    private RunLock(FileLock held, string owner, ProcessOwner? stale)
    {
        (_lock, _owner, Stale) = (held, owner, stale);
        // A holder on another host is known to be alive by the age of its mark alone.
        _beat = new Timer(_ => Touch(), null, Beat, Beat);
    }

    /// <summary>The process that held the lock and died without giving it back.</summary>
    public ProcessOwner? Stale { get; }

    /// <exception cref="RunLockedException">Another process holds it.</exception>
    public static RunLock Take(string folder, TimeProvider time) => Try(folder, time, out ProcessOwner? holder) ?? throw new RunLockedException(folder, holder);

    public static RunLock? Try(string folder, TimeProvider time, out ProcessOwner? holder)
    {
        string owner = OwnerFile(folder);
        FileLock? held = Hold(Path.Combine(folder, ".lock"));
        holder = ProcessOwner.Read(owner);
        if (held is null)
            return null;
        bool alive = holder?.IsAlive ?? (holder is not null && DateTime.UtcNow - File.GetLastWriteTimeUtc(owner) < Fresh);
        // Within this process the system's lock has decided already.
        if (alive && holder!.Pid != Environment.ProcessId)
        {
            held.Dispose();
            return null;
        }
        ProcessOwner? stale = holder;
        holder = null;
        try
        {
            ProcessOwner.Current(time).Write(owner);
        }
        catch
        {
            // A full disk must not leave the run held by nobody's ledger.
            held.Dispose();
            throw;
        }
        return new RunLock(held, owner, stale);
    }

    /// <summary>Whether some process holds a run now.</summary>
    public static bool IsHeld(string folder)
    {
        string path = Path.Combine(folder, ".lock");
        if (!File.Exists(path))
            return false;
        using FileLock? probe = FileLock.Try(path, shared: true);
        return probe is null;
    }

    public static string OwnerFile(string folder) => Path.Combine(folder, "owner.json");

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _beat.Dispose();
        File.Delete(_owner);
        _lock.Dispose();
    }

    /// <summary>Someone who lists runs holds each lock for a moment: a short patience tells that from a writer.</summary>
    private static FileLock? Hold(string path)
    {
        for (int attempt = 0; ; attempt++)
        {
            if (FileLock.Try(path) is { } held)
                return held;
            if (attempt == 5)
                return null;
            Thread.Sleep(20);
        }
    }

    private void Touch()
    {
        try
        {
            File.SetLastWriteTimeUtc(_owner, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next beat will do.
        }
    }
}

/// <summary>A run that another process is writing.</summary>
public sealed class RunLockedException : IOException
{
    /// <summary>Who holds it, where known.</summary>
    public ProcessOwner? Owner { get; }

    internal RunLockedException(string folder, ProcessOwner? owner)
        : base($"{folder} is held by {(owner is null ? "another process" : owner.Pid == Environment.ProcessId && owner.Host == Environment.MachineName ? $"this process since {owner.Since.UtcDateTime:u}" : owner.ToString())}. " +
            "Wait for it, stop it, or start a new run beside it." + (owner?.IsAlive is null && owner is not null ? $" If that host is gone, remove {RunLock.OwnerFile(folder)}." : "")) =>
        Owner = owner;
}
