using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Runs.Stages;

/// <summary>
/// Artifacts by key, in folders: <c>artifacts/KEY/</c> with <c>manifest.json</c>, <c>staging/</c> for what is being made, <c>work/KEY/</c> where resumable
/// stages keep their progress, <c>locks/</c>. Any number of processes may use one store. An artifact appears by one rename, so it is whole or absent.
/// </summary>
public sealed class ArtifactStore
{
    /// <summary>Half of a SHA-256 names folders: paths stay short, and the manifest holds the whole.</summary>
    private const int NameLength = 32;
    private static readonly TimeSpan ForeignAge = TimeSpan.FromDays(1);
    private readonly TimeProvider _time;

    /// <summary>Opens or makes a store, and sweeps what dead processes left half done.</summary>
    public ArtifactStore(string root, TimeProvider? time = null)
    {
        Root = Path.GetFullPath(root);
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(Artifacts);
        Directory.CreateDirectory(Staging);
        Sweep();
    }

    /// <summary>The store's folder.</summary>
    public string Root { get; }

    internal TimeProvider Time => _time;

    private string Artifacts => Path.Combine(Root, "artifacts");

    private string Staging => Path.Combine(Root, "staging");

    /// <summary>All artifacts, oldest first.</summary>
    public IReadOnlyList<Artifact> List() =>
        [.. Directory.EnumerateDirectories(Artifacts).Select(Read).OfType<Artifact>().OrderBy(artifact => artifact.Manifest.Published)];

    /// <summary>The artifact of a key, if it is there and as it was published.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="fully">Whether every byte is hashed, or only sizes compared.</param>
    /// <param name="damage">What is wrong with an artifact that is there and cannot be used.</param>
    /// <param name="cancellation">Stops the hashing.</param>
    public Artifact? Find(string key, bool fully, out string? damage, CancellationToken cancellation = default)
    {
        damage = null;
        string folder = FolderOf(key);
        if (!Directory.Exists(folder))
            return null;
        if (Read(folder) is not { } artifact || artifact.Key != key)
        {
            damage = $"{folder}: {ArtifactManifest.FileName} is missing, damaged or of another key.";
            return null;
        }
        damage = Damage(artifact, fully, cancellation);
        return damage is null ? artifact : null;
    }

    /// <summary>What is wrong with an artifact's files, or null.</summary>
    /// <param name="artifact">The artifact.</param>
    /// <param name="fully">Whether every byte is hashed, or only sizes compared.</param>
    /// <param name="cancellation">Stops the hashing.</param>
    public static string? Damage(Artifact artifact, bool fully, CancellationToken cancellation = default)
    {
        foreach (ContentFile file in artifact.Manifest.Files)
        {
            var info = new FileInfo(artifact.PathOf(file.Path));
            if (!info.Exists)
                return $"{info.FullName} is missing.";
            if (info.Length != file.Size)
                return $"{info.FullName} has {info.Length:N0} bytes and was published with {file.Size:N0}.";
            if (fully && ContentDigest.OfFile(info.FullName, cancellation) is var hash && hash != file.Sha256)
                return $"{info.FullName} has the SHA-256 {hash} and was published with {file.Sha256}.";
        }
        return null;
    }

    internal string FolderOf(string key) => Path.Combine(Artifacts, key[..NameLength]);

    internal string WorkOf(string key) => Path.Combine(Root, "work", key[..NameLength]);

    /// <summary>Held by the one process that makes the artifact.</summary>
    internal string MakingLock(string key) => Path.Combine(Root, "locks", key[..NameLength] + ".making");

    /// <summary>Held, shared, by everyone who reads the artifact, so that it is not collected under them.</summary>
    internal string UsingLock(string key) => Path.Combine(Root, "locks", key[..NameLength] + ".using");

    /// <summary>An empty folder to make an artifact in; the owner file beside it says whose it is.</summary>
    internal string Begin(string key)
    {
        string folder = Path.Combine(Staging, $"{key[..16]}-{Guid.NewGuid():N}");
        ProcessOwner.Current(_time).Write(folder + ".owner.json");
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Moves a finished folder into its place.</summary>
    /// <param name="staged">From <see cref="Begin"/>, with all files written.</param>
    /// <param name="manifest">Describes them; content and files are filled in here.</param>
    /// <param name="cancellation">Stops the hashing.</param>
    /// <exception cref="StorageException">The disk is full, or the folder cannot be an artifact.</exception>
    internal Artifact Publish(string staged, ArtifactManifest manifest, CancellationToken cancellation)
    {
        string path = Path.Combine(staged, ArtifactManifest.FileName), place = FolderOf(manifest.Key);
        if (File.Exists(path))
            throw new StorageException($"The stage wrote a file named {ArtifactManifest.FileName}, which is the store's own.");
        IReadOnlyList<ContentFile> files = ContentDigest.FilesOf(staged, cancellation);
        manifest = manifest with { Files = files, Content = ContentDigest.OfFiles(files), Published = _time.GetUtcNow() };
        foreach (string file in files.Select(file => Path.Combine(staged, file.Path)))
        {
            // The rename must not reach the disk before the bytes do.
            using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.Read, 1);
            stream.Flush(flushToDisk: true);
        }
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, manifest, ArtifactManifest.Json));
        if (Directory.Exists(place))
        {
            // Made again to the same bytes: others may be reading the old one.
            if (Read(place) is { } before && before.Manifest.Content == manifest.Content && Damage(before, fully: true, cancellation) is null)
            {
                Discard(staged);
                return before;
            }
            Discard(place);
        }
        Directory.Move(staged, place);
        Durable.Folder(Artifacts);
        File.Delete(staged + ".owner.json");
        return new Artifact(place, manifest);
    }

    /// <summary>Removes a staged folder, or an artifact: first out of its place by one rename, so that nobody sees half of it.</summary>
    internal void Discard(string folder)
    {
        string trash = folder;
        if (!folder.StartsWith(Staging, StringComparison.Ordinal))
        {
            trash = Path.Combine(Staging, $"trash-{Guid.NewGuid():N}");
            ProcessOwner.Current(_time).Write(trash + ".owner.json");
            Directory.Move(folder, trash);
        }
        Delete(trash);
    }

    /// <summary>Removes staged folders whose process is dead, or of another host and a day old.</summary>
    internal void Sweep()
    {
        foreach (string mark in Directory.EnumerateFiles(Staging, "*.owner.json"))
        {
            ProcessOwner? owner = ProcessOwner.Read(mark);
            bool old = DateTime.UtcNow - File.GetLastWriteTimeUtc(mark) > ForeignAge;
            if (owner is null ? old : owner.IsAlive is false || (owner.IsAlive is null && old))
                Delete(mark[..^".owner.json".Length]);
        }
        // A folder without a mark: its owner died between two deletions. The mark is always made first.
        foreach (string folder in Directory.EnumerateDirectories(Staging))
        {
            if (!File.Exists(folder + ".owner.json"))
                Delete(folder);
        }
    }

    private static void Delete(string staged)
    {
        try
        {
            if (Directory.Exists(staged))
                Directory.Delete(staged, recursive: true);
            File.Delete(staged + ".owner.json");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process may sweep the same; what stays is swept next time.
        }
    }

    private static Artifact? Read(string folder) => ArtifactManifest.TryRead(folder) is { } manifest ? new Artifact(folder, manifest) : null;
}
