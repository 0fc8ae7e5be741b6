using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Athanor.EndToEnd.Tests;

/// <summary>Stages over documents as jobs of a real Slurm.</summary>
public sealed class SlurmNodeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor on slurm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SlurmFact]
    [Trait("Category", "Long")]
    public async Task Killed_requeued_and_taken_away_it_makes_the_bytes_of_this_machine()
    {
        Corpus();
        using var slurm = new OneNodeSlurm(4);
        (int code, string output, string errors) = await TinyRun.End(Start(slurm, "local", 1));
        Assert.True(code == 0, output + errors);

        // One task a stage, left alone.
        (code, output, errors) = await TinyRun.End(Start(slurm, "one", 1, "--executor", "slurm"));
        Assert.True(code == 0, output + errors);
        Same("local", "one");

        // Five tasks a stage, and no peace for any of them.
        int kills = 0, requeues = 0, signals = 0;
        using (Process controller = Start(slurm, "many", 5, "--executor", "slurm"))
        {
            Task<(int Code, string Output, string Errors)> end = TinyRun.End(controller);
            var random = new Random(7);
            while (!end.IsCompleted)
            {
                await Task.Delay(300 + random.Next(500));
                if (kills < 6 && Tasks().OrderBy(_ => random.Next()).FirstOrDefault() is { } victim)
                {
                    victim.Kill();
                    kills++;
                }
                // What Slurm does by itself where a node dies, and what it sends before the time limit.
                string[] running = slurm.Call("squeue", "--noheader", "--array", "--states=RUNNING", "--format=%i").Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (running.Length > 0 && requeues < 2 && kills > 1)
                {
                    string job = running[random.Next(running.Length)];
                    slurm.Call("scontrol", "requeue", job);
                    // Slurm lets such a job wait for two minutes.
                    for (int i = 0; i < 20; i++, await Task.Delay(100))
                        slurm.Call("scontrol", "update", $"JobId={job}", "StartTime=now");
                    requeues++;
                }
                else if (running.Length > 0 && signals < 2 && kills > 2)
                {
                    slurm.Call("scancel", "--signal=TERM", "--batch", running[random.Next(running.Length)]);
                    signals++;
                }
            }
            (code, output, errors) = await end;
        }
        Assert.True(code == 0, output + errors);
        Assert.True(kills >= 4, $"{kills} kills, {requeues} requeues, {signals} signals\n{output}");
        Assert.Contains("Queued again", output, StringComparison.Ordinal);
        Same("local", "many");

        // A controller that dies, and one that is stopped.
        using (Process controller = Start(slurm, "left", 3, "--executor", "slurm"))
        {
            await Until(() => Tasks().Count > 0 || controller.HasExited);
            controller.Kill();
            await controller.WaitForExitAsync();
        }
        using (Process controller = Start(slurm, "left", 3, "--executor", "slurm"))
        {
            Task<(int Code, string Output, string Errors)> end = TinyRun.End(controller);
            await Until(() => controller.HasExited || (Directory.Exists(Work("left")) && Directory.EnumerateFiles(Work("left"), "*.done", SearchOption.AllDirectories).Any()));
            slurm.Call("kill", "-TERM", controller.Id.ToString(CultureInfo.InvariantCulture));
            (code, output, errors) = await end;
        }
        if (code != 0)
        {
            Assert.Contains("Go on with: athanor rerun", errors, StringComparison.Ordinal);
            await Until(() => slurm.Call("squeue", "--noheader").Trim().Length == 0);
        }
        (code, output, errors) = await TinyRun.End(Start(slurm, "left", 3, "--executor", "slurm"));
        Assert.True(code == 0, output + errors);
        Same("local", "left");
    }

    [SlurmFact]
    [Trait("Category", "Long")]
    public async Task What_Slurm_refuses_is_told()
    {
        File.WriteAllText(Path.Combine(_folder, "slurm.yaml"), Recipe);
        Directory.CreateDirectory(Path.Combine(_folder, "in"));
        File.WriteAllText(Path.Combine(_folder, "in", "0.jsonl"), "{\"text\":\"a\"}\n");
        using var slurm = new OneNodeSlurm(1);
        (int code, _, string errors) = await TinyRun.End(Start(slurm, "refused", 2, "--executor", "slurm", "--set", "data.slurm.partition=none"));
        Assert.Equal(1, code);
        Assert.Contains("sbatch refused read.part.sh", errors, StringComparison.Ordinal);
        Assert.Contains("`sinfo` lists", errors, StringComparison.Ordinal);
        (code, _, errors) = await TinyRun.End(Start(slurm, "refused", 2, "--executor", "slurm", "--set", "data.slurm.cpus=64"));
        Assert.Equal(1, code);
        Assert.True(errors.Contains("Lower data.slurm.cpus", StringComparison.Ordinal), errors);
        (code, _, errors) = await TinyRun.End(Start(slurm, "refused", 5000, "--executor", "slurm", "--set", "data.slurm.max_array=5000"));
        Assert.Equal(1, code);
        Assert.Contains("Lower data.slurm.max_array", errors, StringComparison.Ordinal);
        Assert.Equal("", slurm.Call("squeue", "--noheader").Trim());
    }

    private const string Recipe = """
        name: slurm
        data: { checkpoint_every: 50ms, removed: all, slurm: { requeues: 20, ask_every: 200ms, settle: 5s } }
        stages:
          read: { use: read_jsonl, path: in, task_mb: 2 }
          filter:
            use: process
            from: read
            steps: [{ kind: repair }, { kind: filter_quality, profile: gopher-paper }, { kind: pii }, { kind: sample, share: 80% }]
          dedup: { use: dedup_exact, from: filter }
          split: { use: split, from: dedup, held_out: 5% }
          long: { use: length, from: split, min: 300 }
          mix: { use: mix, from: long, domains: { a: { weight: 2 }, b: { weight: 1 } } }
          tokenizer: { use: train_tokenizer, from: split, vocabulary: 300 }
          tokenize: { use: tokenize, from: [mix, tokenizer] }
        """;

    private void Corpus()
    {
        File.WriteAllText(Path.Combine(_folder, "slurm.yaml"), Recipe);
        Directory.CreateDirectory(Path.Combine(_folder, "in"));
        var random = new Random(5);
        string[] words = [.. Enumerable.Range(0, 3000).Select(number => string.Concat(Enumerable.Range(0, 1 + number % 4).Select(_ => ((string[])["ba", "ke", "li", "mo", "nu", "ra", "se", "ti"])[random.Next(8)])))];
        for (int file = 0; file < 4; file++)
        {
            var lines = new StringBuilder();
            for (int i = 0; i < 8000; i++)
                lines.Append($"{{\"id\":\"{file}-{i}\",\"source\":\"{"ab"[i % 2]}\",\"text\":\"{string.Join(' ', Enumerable.Range(0, random.Next(20, 400)).Select(at => at % 9 == 0 ? "the" : at % 9 == 4 ? "of" : words[random.Next(words.Length)]))}.\"}}\n");
            File.WriteAllText(Path.Combine(_folder, "in", $"{file}.jsonl"), lines.ToString());
        }
    }

    private Process Start(OneNodeSlurm slurm, string runs, int tasks, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet", [TinyRun.Dll, "data", "run", Path.Combine(_folder, "slurm.yaml"), "--runs", Path.Combine(_folder, runs), "--set", $"data.slurm.tasks={tasks}", .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SLURM_CONF"] = slurm.Configuration;
        return Process.Start(start)!;
    }

    private string Work(string runs) => Path.Combine(_folder, runs, ".store", "work");

    /// <summary>The processes of tasks that work on a part of a run in this test's folder.</summary>
    private List<Process> Tasks()
    {
        var found = new List<Process>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                string command = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (command.Contains(_folder, StringComparison.Ordinal) && command.Contains("slurm-task", StringComparison.Ordinal) && (command.StartsWith("dotnet", StringComparison.Ordinal) || command.Contains("/dotnet\0", StringComparison.Ordinal)))
                    found.Add(Process.GetProcessById(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // It has ended.
            }
        }
        return found;
    }

    private static async Task Until(Func<bool> met)
    {
        for (int i = 0; i < 1200 && !met(); i++)
            await Task.Delay(50);
        Assert.True(met());
    }

    private void Same(string one, string other)
    {
        Dictionary<string, string> a = Stages(one), b = Stages(other);
        Assert.Equal(8, a.Count);
        foreach (string stage in a.Keys)
        {
            string[] files = [.. Directory.EnumerateFiles(a[stage]).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal)];
            Assert.Equal(files, Directory.EnumerateFiles(b[stage]).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal));
            foreach (string file in files)
                Assert.True(File.ReadAllBytes(Path.Combine(a[stage], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(b[stage], file))), $"{other}: {stage}/{file}");
        }
    }

    private Dictionary<string, string> Stages(string runs) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(Path.Combine(_folder, runs, "slurm", "stages.json")))!;
}
