using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Stages;

public sealed class RunnerTests : IDisposable
{
    private const string Yaml = """
        name: small
        model: { depth: 2 }
        stages:
          read: { use: read_text, path: corpus.txt }
          clean: { use: clean, from: read }
          train: { use: train, from: clean }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _recipe;

    public RunnerTests()
    {
        _folder.Write("corpus.txt", "one\nno\nthree\n");
        _recipe = _folder.Write("small.yaml", Yaml);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_run_reuses_everything()
    {
        Assert.Equal(["read", "clean", "train"], (await Run(new Kitchen())).Ran);
        (List<string> ran, IReadOnlyDictionary<string, Artifact> artifacts) = await Run(new Kitchen());
        Assert.Empty(ran);
        Assert.Equal("128 42 0.01 one\nthree\n", File.ReadAllText(artifacts["train"].PathOf("model.txt")));
    }

    [Theory]
    [InlineData("clean.min_length=4", "clean,train")]
    [InlineData("clean.min_length=2", "clean,train")]
    // Nothing is longer than five and shorter than six: the same bytes come out, so training is reused.
    [InlineData("clean.min_length=1", "clean,train")]
    [InlineData("train.tokens=5", "train")]
    [InlineData("train.threads=5", "")]
    [InlineData("model.depth=3", "train")]
    [InlineData("model.heads=1", "train")]
    [InlineData("seed=7", "read,train")]
    [InlineData("description=words", "")]
    [InlineData("name=other", "")]
    public async Task Only_what_depends_on_a_change_runs_again(string change, string expected)
    {
        await Run(new Kitchen());
        Assert.Equal(expected, string.Join(',', (await Run(new Kitchen(), change)).Ran.Where(name => expected.Length > 0 || name.Length > 0)));
    }

    [Fact]
    public async Task A_stage_that_comes_out_as_before_stops_the_wave()
    {
        await Run(new Kitchen());
        // A new version of cleaning runs again, makes the same bytes, and training does not notice.
        Assert.Equal(["clean"], (await Run(new Kitchen { CleanVersion = "2" })).Ran);
    }

    [Fact]
    public async Task Input_files_count_by_content_not_by_name()
    {
        await Run(new Kitchen());
        _folder.Write("copy.txt", "one\nno\nthree\n");
        Assert.Empty((await Run(new Kitchen(), $"read.path={_folder["copy.txt"]}")).Ran);
        _folder.Write("corpus.txt", "one\nno\nthree\nfour\n");
        Assert.Equal(["read", "clean", "train"], (await Run(new Kitchen())).Ran);
    }

    [Fact]
    public async Task The_plan_says_what_runs_and_why()
    {
        Recipe recipe = Load(new Kitchen());
        Assert.Equal([StageDecision.Run, StageDecision.Depends, StageDecision.Depends], Runner().Plan(recipe).Select(stage => stage.Decision));
        await Run(new Kitchen());
        Assert.All(Runner().Plan(recipe), stage => Assert.Equal(StageDecision.Reuse, stage.Decision));
        IReadOnlyList<PlannedStage> plan = Runner().Plan(Load(new Kitchen { CleanVersion = "2" }, "clean.min_length=5"));
        Assert.Equal("changed: min_length 3 -> 5, version \"1\" -> \"2\"", plan[1].Reason);
        Assert.Equal(("'clean' runs first", StageDecision.Depends), (plan[2].Reason, plan[2].Decision));
        Assert.Equal("changed: model.depth 2 -> 1, model.heads 2 -> 1, model.width 128 -> 64, learning_rate 0.01 -> 0.02", Runner().Plan(Load(new Kitchen(), "model.depth=1"))[2].Reason);
    }

    [Fact]
    public async Task The_manifest_tells_content_settings_parents_and_notes()
    {
        (_, IReadOnlyDictionary<string, Artifact> artifacts) = await Run(new Kitchen());
        ArtifactManifest clean = artifacts["clean"].Manifest, read = artifacts["read"].Manifest;
        Assert.Equal(("small", "clean", "clean", "1", "documents"), (clean.Recipe, clean.Stage, clean.Kind, clean.Version, clean.Produces));
        Assert.Equal(new ParentArtifact("read", read.Key, read.Content), Assert.Single(clean.Parents));
        Assert.Equal("13", read.Notes["characters"]);
        ContentFile file = Assert.Single(clean.Files);
        Assert.Equal(("text.txt", 10L), (file.Path, file.Size));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("one\nthree\n"u8)), file.Sha256);
        Assert.Equal(3, clean.Basis.GetProperty("settings").GetProperty("min_length").GetInt32());
        Assert.False(clean.Basis.TryGetProperty("seed", out _));
    }

    [Fact]
    public async Task Keys_are_hashes_of_canonical_json()
    {
        (_, IReadOnlyDictionary<string, Artifact> artifacts) = await Run(new Kitchen());
        Artifact clean = artifacts["clean"];
        string basis = $$"""{"format":1,"inputs":["{{artifacts["read"].Manifest.Content}}"],"kind":"clean","sections":{},"settings":{"min_length":3},"version":"1"}""";
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(basis))), clean.Key);
    }

    [Fact]
    public async Task A_damaged_artifact_is_made_anew()
    {
        (_, IReadOnlyDictionary<string, Artifact> artifacts) = await Run(new Kitchen());
        File.AppendAllText(artifacts["clean"].PathOf("text.txt"), "more");
        Assert.Equal(["clean"], (await Run(new Kitchen())).Ran);
        // The same size is found by hashes only, when asked for.
        File.WriteAllText(artifacts["clean"].PathOf("text.txt"), "one\nTHREE\n");
        Assert.Empty((await Run(new Kitchen())).Ran);
        Assert.Equal(["clean"], (await Run(new Kitchen(), new RunnerOptions { VerifyFully = true })).Ran);
        File.Delete(artifacts["read"].PathOf("manifest.json"));
        Assert.Equal(["read"], (await Run(new Kitchen())).Ran);
        Assert.Contains(RunCatalog.List(Root).SelectMany(run => RunCatalog.Events(run.Folder)), e => e.GetProperty("event").GetString() == "artifact_damaged");
    }

    [Fact]
    public async Task Stages_can_be_forced_and_the_rest_left_out()
    {
        Assert.Equal(["read", "clean"], (await Run(new Kitchen(), new RunnerOptions { Until = "clean" })).Ran);
        // What was asked for is done, the run is not.
        RunSummary run = Assert.Single(RunCatalog.List(Root));
        Assert.Equal((RunState.Stopped, $"stopped at clean; the rest: athanor rerun {run.Folder}"), (run.State, run.Detail));
        Assert.Equal(["clean", "train"], (await Run(new Kitchen(), new RunnerOptions { Force = ["clean"] })).Ran);
        Assert.Equal(RunState.Finished, Assert.Single(RunCatalog.List(Root)).State);
        await Run(new Kitchen(), new RunnerOptions { Until = "train" }, overrides: ["train.note=x"]);
        Assert.Equal(RunState.Finished, RunCatalog.List(Root)[^1].State);
        Assert.Contains("Did you mean 'clean'?", (await Assert.ThrowsAsync<ArgumentException>(() => Run(new Kitchen(), new RunnerOptions { Until = "claen" }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_keeps_what_was_made_and_publishes_nothing_half()
    {
        var kitchen = new Kitchen { Training = (context, _) => { File.WriteAllText(Path.Combine(context.Output, "half"), "x"); throw new InvalidDataException("odd bytes"); } };
        var error = await Assert.ThrowsAsync<StageException>(() => Run(kitchen));
        Assert.Equal("The stage 'train' failed: odd bytes", error.Message);
        RunSummary run = RunCatalog.List(Root)[^1];
        Assert.Equal((RunState.Failed, error.Message), (run.State, run.Detail));
        Assert.Equal(2, new ArtifactStore(Store).List().Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Store, "staging")));
        // The same run goes on, and only what is missing is made.
        Assert.Equal(["train"], (await Run(new Kitchen())).Ran);
        Assert.Equal(RunState.Finished, Assert.Single(RunCatalog.List(Root)).State);
    }

    [Fact]
    public async Task A_full_disk_is_called_by_its_name()
    {
        int code = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;
        var error = await Assert.ThrowsAsync<StageException>(() => Run(new Kitchen { Training = (_, _) => throw new IOException("No space left on device", code) }));
        Assert.IsType<StorageException>(error.InnerException);
        Assert.Contains("The disk is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("what was complete is kept", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_stage_saves_its_progress_and_goes_on_from_there()
    {
        using var source = new CancellationTokenSource();
        var kitchen = new Kitchen
        {
            Training = (context, cancellation) =>
            {
                File.WriteAllText(Path.Combine(context.Work, "checkpoint"), "at 5");
                source.Cancel();
                cancellation.ThrowIfCancellationRequested();
                return Task.CompletedTask;
            },
        };
        var error = await Assert.ThrowsAsync<RunInterruptedException>(() => Run(kitchen, cancellation: source.Token));
        RunSummary run = Assert.Single(RunCatalog.List(Root));
        Assert.Equal((RunState.Interrupted, error.ResumeCommand), (run.State, run.Detail));
        Assert.Equal($"athanor rerun {run.Folder}", error.ResumeCommand);
        string? found = null;
        await Run(new Kitchen { Training = (context, _) => { found = File.ReadAllText(Path.Combine(context.Work, "checkpoint")); return Task.CompletedTask; } });
        Assert.Equal("at 5", found);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(Store, "work")));
        Assert.Equal(RunState.Finished, Assert.Single(RunCatalog.List(Root)).State);
    }

    [Fact]
    public async Task Two_runs_of_one_recipe_make_each_artifact_once()
    {
        var kitchen = new Kitchen { Training = (_, cancellation) => Task.Delay(150, cancellation) };
        Task<(List<string> Ran, IReadOnlyDictionary<string, Artifact>)>[] runs =
            [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => Run(kitchen, ledger: new RunLedgerOptions { New = true })))];
        await Task.WhenAll(runs);
        Assert.Equal(["clean", "read", "train"], kitchen.Ran.Order());
        Assert.Equal(["small", "small-2", "small-3", "small-4"], RunCatalog.List(Root).Select(run => run.Name).Order());
    }

    [Fact]
    public async Task A_stage_may_only_read_what_it_says_it_reads()
    {
        Kitchen Reading(Func<StageContext, object> read) => new() { Training = (context, _) => { read(context); return Task.CompletedTask; } };
        await Run(Reading(context => context.Section<ModelSettings>()));
        RecipeVocabulary vocabulary = new Kitchen().Vocabulary();
        vocabulary.Stage(StageKind.Of<CleanSettings>("nosy", "1", "Reads too much.", "nothing", (context, _, _) =>
        {
            Assert.Contains("Sections", Assert.Throws<InvalidOperationException>(() => context.Section<ModelSettings>()).Message, StringComparison.Ordinal);
            Assert.Contains("UsesSeed", Assert.Throws<InvalidOperationException>(() => context.Seed).Message, StringComparison.Ordinal);
            Assert.Contains("Resumable", Assert.Throws<InvalidOperationException>(() => context.Work).Message, StringComparison.Ordinal);
            return Task.CompletedTask;
        }) with
        { UsesSeed = false });
        Recipe recipe = Recipe.Parse("name: nosy\nstages: { a: { use: nosy } }"u8, vocabulary);
        using RunLedger ledger = RunLedger.Start(Root, recipe);
        await Runner().Run(recipe, ledger, new RunProgress());
    }

    [Fact]
    public async Task The_ledger_tells_the_whole_story()
    {
        await Run(new Kitchen(), "model.depth=3");
        RunSummary run = Assert.Single(RunCatalog.List(Root));
        string[] events = [.. RunCatalog.Events(run.Folder).Select(e => e.GetProperty("event").GetString()!)];
        Assert.Equal(["run_started", "stage_started", "stage_finished", "stage_started", "stage_finished", "stage_started", "stage_finished", "run_finished"], events);
        JsonElement started = RunCatalog.Events(run.Folder).First();
        Assert.Equal("model.depth=3", started.GetProperty("overrides")[0].GetString());
        Assert.Equal("model.width = 64 x depth = 192", started.GetProperty("derived")[0].GetString());
        Assert.Equal("3", RunCatalog.Settings(run.Folder)["model.depth"]);
        Assert.Equal(3, RunCatalog.ReferencedArtifacts(Root).Count);
        Dictionary<string, string> stages = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(run.Folder, "stages.json")))!;
        Assert.True(File.Exists(Path.Combine(stages["train"], "model.txt")));
        // The resolved recipe alone runs to the same artifacts.
        Recipe again = Recipe.Load(Path.Combine(run.Folder, "recipe.resolved.yaml"), new Kitchen().Vocabulary());
        Assert.All(Runner().Plan(again), stage => Assert.Equal(StageDecision.Reuse, stage.Decision));
    }

    private string Root => _folder["runs"];

    private string Store => Path.Combine(Root, ".store");

    private RecipeRunner Runner(RunnerOptions? options = null) => new(new ArtifactStore(Store), options);

    private Recipe Load(Kitchen kitchen, params string[] overrides) => Recipe.Load(_recipe, kitchen.Vocabulary(), overrides);

    private Task<(List<string> Ran, IReadOnlyDictionary<string, Artifact> Artifacts)> Run(Kitchen kitchen, params string[] overrides) => Run(kitchen, null, overrides: overrides);

    private async Task<(List<string> Ran, IReadOnlyDictionary<string, Artifact> Artifacts)> Run(Kitchen kitchen, RunnerOptions? options = null, RunLedgerOptions? ledger = null,
        string[]? overrides = null, CancellationToken cancellation = default)
    {
        Recipe recipe = Load(kitchen, overrides ?? []);
        using RunLedger opened = RunLedger.Start(Root, recipe, ledger);
        IReadOnlyDictionary<string, Artifact> artifacts = await Runner(options).Run(recipe, opened, new RunProgress(), cancellation);
        return (kitchen.Ran, artifacts);
    }
}
