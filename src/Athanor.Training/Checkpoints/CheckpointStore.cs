using System.Globalization;

namespace Athanor.Training.Checkpoints;

/// <summary>A finished checkpoint.</summary>
/// <param name="Folder">A Hugging Face model folder with a folder <c>training</c> inside.</param>
/// <param name="Step">Steps done.</param>
public sealed record Checkpoint(string Folder, long Step)
{
    /// <summary>What is not weights.</summary>
    public string TrainingFolder => Path.Combine(Folder, "training");

    /// <summary>Reads step, cursor and the rest.</summary>
    public TrainingState ReadState() => TrainingState.Read(Path.Combine(TrainingFolder, CheckpointStore.StateFile));
}

/// <summary>
/// A folder of checkpoints <c>step-00001234</c>. One appears by one rename; whatever a killed process left half is swept by the next.
/// </summary>
public sealed class CheckpointStore
{
    internal const string StateFile = "state.json", FolderName = "checkpoints";
    private const string Prefix = "step-", Unfinished = ".unfinished-", Damaged = "damaged-";
    private readonly int _keepLast;
    private readonly bool _keepBest;

    /// <summary>A store, whose folder is made where it is missing.</summary>
    /// <param name="keepLast">Checkpoints kept; at least one.</param>
    /// <param name="keepBest">Whether the one with the lowest score stays too.</param>
    public CheckpointStore(string folder, int keepLast = 2, bool keepBest = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        Folder = Path.GetFullPath(folder);
        (_keepLast, _keepBest) = (keepLast, keepBest);
        Directory.CreateDirectory(Folder);
        foreach (string left in Directory.EnumerateDirectories(Folder, Unfinished + "*"))
            Directory.Delete(left, recursive: true);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Finished checkpoints, the oldest first.</summary>
    public IReadOnlyList<Checkpoint> List() => ListIn(Folder);

    /// <summary>The newest in a folder, without touching it: another process may be writing there.</summary>
    internal static Checkpoint? LatestIn(string folder) => ListIn(folder) is { Length: > 0 } all ? all[^1] : null;

    private static Checkpoint[] ListIn(string store) =>
    [
        .. Directory.EnumerateDirectories(store, Prefix + "*")
            .Where(folder => long.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), CultureInfo.InvariantCulture, out _))
            .Select(folder => new Checkpoint(folder, long.Parse(Path.GetFileName(folder).AsSpan(Prefix.Length), CultureInfo.InvariantCulture)))
            .OrderBy(checkpoint => checkpoint.Step),
    ];

    /// <summary>The newest; null where there is none.</summary>
    public Checkpoint? Latest() => LatestIn(Folder);

    /// <summary>The one with the lowest score; null where none has one.</summary>
    public Checkpoint? Best() => List().Select(checkpoint => (Checkpoint: checkpoint, State(checkpoint)?.Score)).Where(pair => pair.Score is not null).OrderBy(pair => pair.Score).FirstOrDefault().Checkpoint;

    /// <summary>The newest that was due; those that were saved because a run was stopped do not count. Null where there is none.</summary>
    public Checkpoint? LatestDue() => List().LastOrDefault(checkpoint => State(checkpoint) is { Interim: false });

    /// <summary>A folder to write a checkpoint into.</summary>
    internal string Begin(long step)
    {
        string folder = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Unfinished}{step}-{Guid.NewGuid():N}"));
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Publishes a written folder and removes what need not be kept.</summary>
    internal Checkpoint Publish(string written, long step)
    {
        string folder = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}"));
        if (Directory.Exists(folder))
            Remove(folder);
        Directory.Move(written, folder);
        IReadOnlyList<Checkpoint> all = List();
        List<Checkpoint> due = [.. all.Where(checkpoint => State(checkpoint) is not { Interim: true })];
        Checkpoint? best = _keepBest ? Best() : null;
        foreach (Checkpoint checkpoint in all.SkipLast(1))
        {
            if (checkpoint != best && !due.TakeLast(_keepLast).Contains(checkpoint))
                Remove(checkpoint.Folder);
        }
        return new Checkpoint(folder, step);
    }

    /// <summary>Removes what could not be written whole.</summary>
    internal static void Abandon(string written) => Directory.Delete(written, recursive: true);

    /// <summary>Takes a damaged checkpoint out of the list; its folder stays to be looked at, in place of an older one of the same step.</summary>
    /// <returns>Where it is now.</returns>
    internal string SetAside(Checkpoint checkpoint)
    {
        string aside = Path.Combine(Folder, Damaged + Path.GetFileName(checkpoint.Folder));
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.Move(checkpoint.Folder, aside);
        return aside;
    }

    private static TrainingState? State(Checkpoint checkpoint)
    {
        try
        {
            return checkpoint.ReadState();
        }
        catch (CheckpointException)
        {
            // Whoever goes on from it is told; others need not fail for it.
            return null;
        }
    }

    // Renamed first: a folder that is half deleted must not look like a checkpoint.
    private void Remove(string folder)
    {
        string away = Path.Combine(Folder, $"{Unfinished}{Guid.NewGuid():N}");
        Directory.Move(folder, away);
        Directory.Delete(away, recursive: true);
    }
}
