using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Stages;

public sealed class StoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_dead_processes_left_is_swept_and_what_living_ones_make_stays()
    {
        var store = new ArtifactStore(_folder["store"]);
        string mine = store.Begin(new string('a', 64)), dead = store.Begin(new string('b', 64)), foreign = store.Begin(new string('c', 64)), old = store.Begin(new string('d', 64));
        ProcessOwner owner = ProcessOwner.Current(TimeProvider.System);
        (owner with { Started = owner.Started.AddHours(-1) }).Write(dead + ".owner.json");
        (owner with { Host = "elsewhere" }).Write(foreign + ".owner.json");
        (owner with { Host = "elsewhere" }).Write(old + ".owner.json");
        File.SetLastWriteTimeUtc(old + ".owner.json", DateTime.UtcNow.AddDays(-2));
        File.WriteAllText(Path.Combine(dead, "half"), "x");
        _ = new ArtifactStore(store.Root);
        Assert.Equal([true, false, true, false], new[] { mine, dead, foreign, old }.Select(Directory.Exists));
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(store.Root, "staging"), "*.owner.json").Count());
    }

    [Fact]
    public async Task Collection_removes_what_no_run_refers_to_and_nobody_reads()
    {
        string root = _folder["runs"];
        _folder.Write("corpus.txt", "one\ntwo\nthree\n");
        string recipe = _folder.Write("a.yaml", "name: a\nstages:\n  read: { use: read_text, path: corpus.txt }\n  clean: { use: clean, from: read }\n  train: { use: train, from: clean }\n");
        await Run("clean.min_length=1");
        await Run("clean.min_length=4");
        var store = new ArtifactStore(Path.Combine(root, ".store"));
        Assert.Equal(5, store.List().Count);
        Assert.Empty(store.Collect(RunCatalog.ReferencedArtifacts(root), TimeSpan.Zero).Removed);
        Directory.Delete(Path.Combine(root, "a"), recursive: true);
        IReadOnlySet<string> referenced = RunCatalog.ReferencedArtifacts(root);
        Assert.Empty(store.Collect(referenced).Removed);
        CollectionReport dry = store.Collect(referenced, TimeSpan.Zero, dryRun: true);
        Assert.Equal(["clean", "train"], dry.Removed.Select(artifact => artifact.Manifest.Stage));
        Assert.Equal(5, store.List().Count);
        using (FileLock.Try(store.UsingLock(dry.Removed[0].Key), shared: true))
            Assert.Equal(["train"], store.Collect(referenced, TimeSpan.Zero).Removed.Select(artifact => artifact.Manifest.Stage));
        CollectionReport report = store.Collect(referenced, TimeSpan.Zero);
        Assert.Equal(("clean", 3), (Assert.Single(report.Removed).Manifest.Stage, report.Kept));
        Assert.Equal(3, store.List().Count);
        // Parents of what is referenced stay, though no run names them directly.
        Assert.Empty(store.Collect(new HashSet<string> { store.List()[^1].Key }, TimeSpan.Zero).Removed);

        async Task Run(string change)
        {
            Recipe loaded = Recipe.Load(recipe, new Kitchen().Vocabulary(), change);
            using RunLedger ledger = RunLedger.Start(root, loaded);
            await new RecipeRunner(new ArtifactStore(Path.Combine(root, ".store"))).Run(loaded, ledger, new RunProgress());
        }
    }

    [Fact]
    public void Work_folders_that_were_given_up_are_collected()
    {
        var store = new ArtifactStore(_folder["store"]);
        string work = store.WorkOf(new string('a', 64)), busy = store.WorkOf(new string('b', 64));
        Directory.CreateDirectory(work);
        Directory.CreateDirectory(busy);
        File.WriteAllText(Path.Combine(work, "state"), "1234");
        using FileLock? held = FileLock.Try(store.MakingLock(new string('b', 64)));
        Assert.Empty(store.Collect(new HashSet<string>()).WorkFolders);
        CollectionReport report = store.Collect(new HashSet<string>(), TimeSpan.FromSeconds(-1));
        Assert.Equal((work, 4L), (Assert.Single(report.WorkFolders), report.Bytes));
        Assert.Equal([false, true], new[] { work, busy }.Select(Directory.Exists));
    }

    [Fact]
    public void A_store_refuses_links_and_its_own_file_name()
    {
        var store = new ArtifactStore(_folder["store"]);
        string staged = store.Begin(new string('a', 64));
        File.WriteAllText(Path.Combine(staged, "manifest.json"), "{}");
        Assert.Contains("store's own", Assert.Throws<StorageException>(() => store.Publish(staged, Manifest(), default)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(staged, "manifest.json"));
        File.CreateSymbolicLink(Path.Combine(staged, "link"), _folder.Write("target", "x"));
        Assert.Contains("link", Assert.ThrowsAny<Exception>(() => store.Publish(staged, Manifest(), default)).GetBaseException().Message, StringComparison.Ordinal);
        Assert.Empty(store.List());
    }

    [Fact]
    public void Folders_have_one_hash_whatever_the_order_of_writing()
    {
        _folder.Write("a/x.txt", "1");
        _folder.Write("a/sub/y.txt", "2");
        _folder.Write("b/sub/y.txt", "2");
        _folder.Write("b/x.txt", "1");
        Assert.Equal(ContentDigest.OfPath(_folder["a"]), ContentDigest.OfPath(_folder["b"]));
        _folder.Write("b/x.txt", "2");
        Assert.NotEqual(ContentDigest.OfPath(_folder["a"]), ContentDigest.OfPath(_folder["b"]));
    }

    private static ArtifactManifest Manifest() => new()
    {
        Key = new string('a', 64),
        Produces = "x",
        Kind = "x",
        Version = "1",
        Recipe = "r",
        Stage = "s",
        Basis = default,
        Parents = [],
        Content = "",
        Files = [],
        Started = default,
        Published = default,
    };
}
