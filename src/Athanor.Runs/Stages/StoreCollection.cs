using Athanor.Runs.Files;

namespace Athanor.Runs.Stages;

/// <summary>What a collection removed, or would remove.</summary>
/// <param name="Removed">Artifacts, oldest first.</param>
/// <param name="Kept">How many stay.</param>
/// <param name="Bytes">Bytes of the removed artifacts and work folders.</param>
/// <param name="WorkFolders">Work folders of stages that were given up.</param>
public sealed record CollectionReport(IReadOnlyList<Artifact> Removed, int Kept, long Bytes, IReadOnlyList<string> WorkFolders);

/// <summary>Removes artifacts that nothing needs any more.</summary>
public static class StoreCollection
{
    /// <summary>
    /// Removes what no run refers to, directly or as a parent, and what nobody has made or used for a while. Artifacts that a process is reading stay.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="referenced">Keys to keep with their parents: see <see cref="Ledger.RunCatalog.ReferencedArtifacts"/>.</param>
    /// <param name="minimumAge">Younger ones stay in any case; one hour by default.</param>
    /// <param name="dryRun">Only says what would be removed.</param>
    public static CollectionReport Collect(this ArtifactStore store, IReadOnlySet<string> referenced, TimeSpan? minimumAge = null, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(store);
        store.Sweep();
        DateTimeOffset limit = store.Time.GetUtcNow() - (minimumAge ?? TimeSpan.FromHours(1));
        IReadOnlyList<Artifact> all = store.List();
        Dictionary<string, Artifact> byKey = all.ToDictionary(artifact => artifact.Key, StringComparer.Ordinal);
        var keep = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(referenced);
        while (waiting.TryPop(out string? key))
        {
            if (!keep.Add(key) || !byKey.TryGetValue(key, out Artifact? artifact))
                continue;
            foreach (ParentArtifact parent in artifact.Manifest.Parents)
                waiting.Push(parent.Key);
        }
        var removed = new List<Artifact>();
        foreach (Artifact artifact in all.Where(artifact => !keep.Contains(artifact.Key) && artifact.Manifest.Published < limit))
        {
            using FileLock? held = FileLock.Try(store.UsingLock(artifact.Key));
            if (held is null)
                continue;
            if (!dryRun)
                store.Discard(artifact.Folder);
            removed.Add(artifact);
        }
        (string Folder, long Bytes)[] work = [.. GivenUp(store, limit)];
        if (!dryRun)
        {
            foreach ((string folder, _) in work)
                store.Discard(folder);
        }
        return new CollectionReport(removed, all.Count - removed.Count, removed.Sum(artifact => artifact.Manifest.Size) + work.Sum(folder => folder.Bytes), [.. work.Select(folder => folder.Folder)]);
    }

    /// <summary>Work folders into which nothing was written since the limit and which nobody works in.</summary>
    private static IEnumerable<(string Folder, long Bytes)> GivenUp(ArtifactStore store, DateTimeOffset limit)
    {
        string root = Path.Combine(store.Root, "work");
        foreach (string folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)];
            DateTime last = files.Select(file => file.LastWriteTimeUtc).Append(Directory.GetLastWriteTimeUtc(folder)).Max();
            using FileLock? held = FileLock.Try(Path.Combine(store.Root, "locks", Path.GetFileName(folder) + ".making"));
            if (held is not null && last < limit.UtcDateTime)
                yield return (folder, files.Sum(file => file.Length));
        }
    }
}
