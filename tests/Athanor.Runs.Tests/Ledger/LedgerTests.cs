using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Ledger;

public sealed class LedgerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs_are_named_like_their_recipe_and_numbered_when_repeated()
    {
        for (int i = 0; i < 3; i++)
        {
            using RunLedger ledger = Start();
            ledger.Finish();
        }
        Assert.Equal(["small", "small-2", "small-3"], RunCatalog.List(_folder.FullName).Select(run => run.Name));
        Assert.All(RunCatalog.List(_folder.FullName), run => Assert.Equal((RunState.Finished, "small"), (run.State, run.Recipe)));
    }

    [Fact]
    public void An_unfinished_run_of_the_same_recipe_is_gone_on_with()
    {
        using (RunLedger ledger = Start())
            ledger.Interrupt();
        using (RunLedger ledger = Start())
            Assert.Equal((true, "small"), (ledger.Resumed, ledger.Name));
        Assert.Equal(RunState.Crashed, RunCatalog.Read(_folder["small"])!.State);
        using (RunLedger ledger = Start("model.depth=3"))
            Assert.Equal((false, "small-2"), (ledger.Resumed, ledger.Name));
        using (RunLedger ledger = Start(options: new RunLedgerOptions { New = true, Time = _time }))
            Assert.Equal("small-3", ledger.Name);
    }

    [Fact]
    public void Two_writers_of_one_run_are_told_about_each_other()
    {
        using (RunLedger ledger = Start())
        {
            var error = Assert.Throws<RunLockedException>(() => RunLedger.Resume(ledger.Folder));
            Assert.Equal(Environment.ProcessId, error.Owner!.Pid);
            Assert.Contains("held by this process since 2026-01-02 03:04:05Z", error.Message, StringComparison.Ordinal);
            Assert.Throws<RunLockedException>(() => Start());
            Assert.Equal(RunState.Running, RunCatalog.Read(ledger.Folder)!.State);
        }
        using RunLedger resumed = RunLedger.Resume(_folder["small"]);
        Assert.False(RunCatalog.Events(resumed.Folder).Last().TryGetProperty("left_by", out _));
    }

    [Fact]
    public void A_lock_of_a_dead_process_is_stale_and_one_of_another_host_holds_while_it_beats()
    {
        Start().Dispose();
        string mark = Path.Combine(_folder["small"], "owner.json");
        ProcessOwner owner = ProcessOwner.Current(_time);
        (owner with { Pid = owner.Pid, Started = owner.Started.AddHours(-1) }).Write(mark);
        using (RunLedger ledger = RunLedger.Resume(_folder["small"]))
            Assert.Contains($"process {owner.Pid}", RunCatalog.Events(ledger.Folder).Last().GetProperty("left_by").GetString(), StringComparison.Ordinal);
        (owner with { Pid = 1, Host = "elsewhere" }).Write(mark);
        var held = Assert.Throws<RunLockedException>(() => RunLedger.Resume(_folder["small"]));
        Assert.Contains("on elsewhere since", held.Message, StringComparison.Ordinal);
        Assert.Contains("owner.json", held.Message, StringComparison.Ordinal);
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddMinutes(-3));
        RunLedger.Resume(_folder["small"]).Dispose();
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public void A_run_that_cannot_be_begun_is_not_held()
    {
        Start().Dispose();
        string mark = Path.Combine(_folder["small"], "owner.json");
        Directory.CreateDirectory(mark);
        Assert.ThrowsAny<SystemException>(() => RunLedger.Resume(_folder["small"]));
        Directory.Delete(mark);
        Directory.Move(Path.Combine(_folder["small"], "samples.jsonl"), Path.Combine(_folder["small"], "moved"));
        Directory.CreateDirectory(Path.Combine(_folder["small"], "samples.jsonl"));
        Assert.ThrowsAny<SystemException>(() => RunLedger.Resume(_folder["small"]));
        Directory.Delete(Path.Combine(_folder["small"], "samples.jsonl"));
        RunLedger.Resume(_folder["small"]).Dispose();
    }

    [Fact]
    public void Many_starts_at_once_get_runs_of_their_own()
    {
        Recipe recipe = Load();
        var names = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            using RunLedger ledger = RunLedger.Start(_folder.FullName, recipe, new RunLedgerOptions { New = true, TensorBoard = false });
            names.Add(ledger.Name);
            ledger.Finish();
        });
        Assert.Equal(12, names.Distinct().Count());
    }

    [Fact]
    public void A_folder_without_a_run_is_refused()
    {
        Assert.Contains("holds no run", Assert.Throws<StorageException>(() => RunLedger.Resume(_folder.FullName)).Message, StringComparison.Ordinal);
        Assert.Null(RunCatalog.Read(_folder.FullName));
        Assert.Empty(RunCatalog.List(_folder["nowhere"]));
    }

    [Fact]
    public void Events_samples_recipe_and_environment_are_written()
    {
        using RunLedger ledger = Start("model.depth=3");
        ledger.Event("checkpoint", json => json.WriteNumber("step", 7));
        ledger.Sample("train", 7, "Once", " upon a time\n\"quoted\"", json => json.WriteNumber("temperature", 0.5));
        JsonElement sample = Assert.Single(RunCatalog.Samples(ledger.Folder));
        Assert.Equal((" upon a time\n\"quoted\"", 0.5, 7L), (sample.GetProperty("text").GetString(), sample.GetProperty("temperature").GetDouble(), sample.GetProperty("step").GetInt64()));
        Assert.Equal(["run_started", "checkpoint"], RunCatalog.Events(ledger.Folder).Select(e => e.GetProperty("event").GetString()));
        Assert.Contains("depth: 3", File.ReadAllText(Path.Combine(ledger.Folder, "recipe.resolved.yaml")), StringComparison.Ordinal);
        using JsonDocument environment = JsonDocument.Parse(File.ReadAllText(Path.Combine(ledger.Folder, "environment.json")));
        Assert.Equal(Environment.ProcessorCount, environment.RootElement.GetProperty("processors").GetInt32());
        Assert.True(environment.RootElement.GetProperty("memory").GetInt64() > 1 << 20);
        Assert.Contains(".NET", environment.RootElement.GetProperty("runtime").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Dials_are_noted_and_secrets_are_not()
    {
        var variables = new Dictionary<string, string> { ["ATHANOR_CPU"] = "amx", ["ATHANOR_API_KEY"] = "x", ["DOTNET_EnableAVX512"] = "0", ["HOME"] = "/", ["SLURM_JOB_ID"] = "3", ["CUDA_AUTH_TOKEN"] = "x" };
        Assert.Equal(["ATHANOR_CPU", "DOTNET_EnableAVX512", "SLURM_JOB_ID"], RunEnvironment.Dialed(variables).Keys);
    }

    [Fact]
    public void Runs_are_compared_by_what_differs()
    {
        foreach ((string depth, double loss) in new[] { ("2", 3.0), ("3", 2.5) })
        {
            using RunLedger ledger = Start($"model.depth={depth}");
            MetricWriter metrics = ledger.Metrics("train");
            for (int step = 1; step <= (depth == "2" ? 20 : 10); step++)
                metrics.Write(step, new Metric("train/loss", loss + 1.0 / step), new Metric("lr", step == 5 ? double.NaN : step));
            metrics.Write(10, new Metric("only/" + depth, 1));
            ledger.Finish();
            _time.Advance(60);
        }
        RunComparison comparison = RunComparison.Of([_folder["small"], _folder["small-2"]]);
        Assert.Equal(["model.depth: 2 3", "model.width: 128 192", "model.heads: 2 3"], comparison.Settings.Select(difference => $"{difference.Path}: {string.Join(' ', difference.Values)}"));
        MetricComparison loss2 = comparison.Metrics.Single(metric => metric.Name == "train/loss");
        Assert.Equal([3.05, 2.6], loss2.Last.Select(point => Math.Round(point!.Value.Value, 6)));
        Assert.Equal([3.1, 2.6], loss2.AtStep.Select(point => Math.Round(point!.Value.Value, 6)));
        Assert.Equal([4.0, 3.5], loss2.Highest.Select(point => point!.Value.Value));
        Assert.Equal([20L, 10L], loss2.Lowest.Select(point => point!.Value.Step));
        Assert.Equal([true, false], comparison.Metrics.Single(metric => metric.Name == "only/2").Last.Select(point => point is not null));
        MetricComparison atThree = RunComparison.Of([_folder["small"], _folder["small-2"]], 3).Metrics.Single(metric => metric.Name == "train/loss");
        Assert.Equal([3L, 3L], atThree.AtStep.Select(point => point!.Value.Step));
    }

    private static Recipe Load(params string[] overrides) =>
        Recipe.Parse("name: small\nmodel: { depth: 2 }\nstages:\n  read: { use: read_text, path: . }\n"u8, new Kitchen().Vocabulary(), overrides: overrides);

    private RunLedger Start(string? change = null, RunLedgerOptions? options = null) =>
        RunLedger.Start(_folder.FullName, Load(change is null ? [] : [change]), options ?? new RunLedgerOptions { Time = _time });
}
