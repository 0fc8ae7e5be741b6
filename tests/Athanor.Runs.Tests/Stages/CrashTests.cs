using System.Diagnostics;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Stages;

/// <summary>Processes of their own that are killed without warning.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_run_goes_on_from_its_work_folder_to_the_same_artifact()
    {
        _folder.Write("corpus.txt", "one\ntwo\n");
        string recipe = _folder.Write("a.yaml", "name: a\nstages:\n  read: { use: read_text, path: corpus.txt }\n  train: { use: train, from: read }\n");
        string root = _folder["runs"];
        int reached = 0;
        for (int kill = 0; kill < 2; kill++)
        {
            using Process child = ChildProgram.Start("run", recipe, root, kill == 0 ? "40" : "80");
            Assert.Equal("ready", await child.StandardOutput.ReadLineAsync());
            if (kill == 0)
                Assert.Contains($"held by process {child.Id}", Assert.Throws<RunLockedException>(() => RunLedger.Resume(Path.Combine(root, "a"))).Message, StringComparison.Ordinal);
            await Counted(Path.Combine(root, ".store", "work"), reached + 5);
            child.Kill();
            await child.WaitForExitAsync();
            reached = await Counted(Path.Combine(root, ".store", "work"), 0);
            Assert.Equal(RunState.Crashed, Assert.Single(RunCatalog.List(root)).State);
        }
        var store = new ArtifactStore(Path.Combine(root, ".store"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(store.Root, "staging")));
        Assert.DoesNotContain(store.List(), artifact => artifact.Manifest.Stage == "train");

        var kitchen = new Kitchen { Training = ChildProgram.CountToHundred };
        Recipe loaded = Recipe.Load(recipe, kitchen.Vocabulary());
        string[] starts = [];
        using (RunLedger ledger = RunLedger.Start(root, loaded))
        {
            Assert.True(ledger.Resumed);
            starts = File.ReadAllLines(Assert.Single(Directory.EnumerateFiles(Path.Combine(store.Root, "work"), "starts", SearchOption.AllDirectories)));
            await new RecipeRunner(store).Run(loaded, ledger, new RunProgress());
        }
        Assert.Equal("0", starts[0]);
        Assert.True(int.Parse(starts[1]) > 0, "The second start did not go on from the first.");
        RunSummary run = Assert.Single(RunCatalog.List(root));
        Assert.Equal(RunState.Finished, run.State);
        Assert.Contains(RunCatalog.Events(run.Folder), e => e.GetProperty("event").GetString() == "run_resumed" && e.TryGetProperty("left_by", out _));

        // The same without interruption: the same content.
        var whole = new Kitchen { Training = ChildProgram.CountToHundred };
        using RunLedger other = RunLedger.Start(_folder["other"], loaded);
        IReadOnlyDictionary<string, Artifact> artifacts = await new RecipeRunner(new ArtifactStore(_folder["other-store"])).Run(Recipe.Load(recipe, whole.Vocabulary()), other, new RunProgress());
        Assert.Equal(artifacts["train"].Manifest.Content, store.List().Single(artifact => artifact.Manifest.Stage == "train").Manifest.Content);
    }

    /// <summary>Waits until the stage has saved that it came this far.</summary>
    private static async Task<int> Counted(string work, int count)
    {
        for (int attempt = 0; attempt < 8000; attempt++)
        {
            string? saved = Directory.Exists(work) ? Directory.EnumerateFiles(work, "count", SearchOption.AllDirectories).FirstOrDefault() : null;
            if (saved is not null && int.Parse(File.ReadAllText(saved)) is var reached && reached >= count)
                return reached;
            await Task.Delay(5);
        }
        throw new TimeoutException("The child did not get that far.");
    }

    [Fact]
    public async Task A_killed_writer_loses_no_line_that_it_wrote()
    {
        Recipe recipe = Recipe.Parse("name: a\nstages:\n  read: { use: read_text, path: . }\n"u8, new Kitchen().Vocabulary());
        string folder;
        using (RunLedger ledger = RunLedger.Start(_folder["runs"], recipe))
            folder = ledger.Folder;
        long before = 0;
        for (int kill = 0; kill < 2; kill++)
        {
            using Process child = ChildProgram.Start("ledger", folder);
            Assert.Equal("ready", await child.StandardOutput.ReadLineAsync());
            long length = new FileInfo(Path.Combine(folder, "metrics.jsonl")).Length;
            while (new FileInfo(Path.Combine(folder, "metrics.jsonl")).Length < length + 10_000)
                await Task.Delay(1);
            child.Kill();
            await child.WaitForExitAsync();
            // What a crash may leave at worst: half a line.
            File.AppendAllText(Path.Combine(folder, "metrics.jsonl"), "{\"stage\":\"train\",\"st");
            long steps = 0;
            foreach (var line in JsonLinesReader.Read(Path.Combine(folder, "metrics.jsonl"), number => Assert.Fail($"line {number} is damaged")))
            {
                long step = line.GetProperty("step").GetInt64();
                steps++;
                Assert.Equal(10.0 / step, line.GetProperty("train/loss").GetDouble());
            }
            Assert.True(steps > before);
            before = steps;
        }
        using RunLedger resumed = RunLedger.Resume(folder);
        resumed.Metrics("train").Write(1, new Metric("train/loss", 10));
        Assert.All(File.ReadLines(Path.Combine(folder, "metrics.jsonl")), line => Assert.EndsWith("}", line, StringComparison.Ordinal));
        Assert.Equal(20, RunCatalog.Events(folder).Last().GetProperty("torn_bytes_cut").GetInt64());
    }
}
