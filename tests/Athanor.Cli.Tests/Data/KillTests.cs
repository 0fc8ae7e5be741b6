using System.Diagnostics;
using System.Text;

namespace Athanor.Cli.Tests.Data;

/// <summary>The whole chain over documents as a process that is killed again and again.</summary>
public sealed class KillTests : IDisposable
{
    private const string Recipe = """
        name: kill
        data: { checkpoint_every: 10ms, removed: all }
        stages:
          read: { use: read_jsonl, path: in, task_mb: 1 }
          filter: { use: process, from: read, steps: [{ kind: length, min: 200 }, { kind: decontaminate, tasks: [{ path: task.jsonl, query: [text] }] }, { kind: sample, share: 80% }] }
          dedup: { use: dedup_exact, from: filter }
          split: { use: split, from: dedup, held_out: 5% }
          mix: { use: mix, from: split, domains: { a: { weight: 2 }, b: { weight: 1 } } }
          tokenizer: { use: train_tokenizer, from: split, vocabulary: 300 }
          tokenize: { use: tokenize, from: [mix, tokenizer] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-kill-").FullName;

    private readonly StringBuilder _errors = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Trait("Category", "Long")]
    public void Killed_anywhere_it_goes_on_to_the_same_bytes()
    {
        Corpus();
        File.WriteAllText(Path.Combine(_folder, "kill.yaml"), Recipe);
        Assert.Equal(0, Finish("whole", 2));
        var random = new Random(1);
        int kills = 0;
        // Later kills come later, so that every stage is met; the last runs are left alone.
        for (int attempt = 0; attempt < 60; attempt++)
        {
            using Process process = Start("killed", 1 + attempt % 3);
            if (process.WaitForExit(400 + random.Next(300 + 60 * attempt)))
                break;
            process.Kill();
            process.WaitForExit();
            kills++;
        }
        Assert.Equal(0, Finish("killed", 7));
        Assert.True(kills >= 10, $"{kills} kills");
        foreach (string stage in (string[])["read", "filter", "dedup", "split", "mix", "tokenizer", "tokenize"])
        {
            string whole = Output("whole", stage), killed = Output("killed", stage);
            string[] files = [.. Directory.EnumerateFiles(whole).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal)];
            Assert.NotEmpty(files);
            Assert.Equal(files, Directory.EnumerateFiles(killed).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal));
            foreach (string file in files)
                Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(killed, file))), $"{stage}/{file} after {kills} kills");
        }
    }

    [TemporaryDiskFact, Trait("Category", "Long")]
    public void A_full_disk_is_named_and_nothing_is_lost()
    {
        Corpus();
        File.WriteAllText(Path.Combine(_folder, "kill.yaml"), Recipe);
        Assert.Equal(0, Finish("whole", 2));
        using var disk = new TemporaryDisk(Path.Combine(_folder, "full"), "12m");
        // In the middle of the filter there is no room left.
        using (Process process = Start("full", 2))
        {
            process.WaitForExit();
            Assert.Equal(Tool.Failure, process.ExitCode);
        }
        Assert.Contains("The disk is full", _errors.ToString(), StringComparison.Ordinal);
        disk.Grow("200m");
        Assert.Equal(0, Finish("full", 2));
        foreach (string file in (string[])["documents.jsonl", "removed.jsonl", "signals.bin"])
            Assert.True(File.ReadAllBytes(Path.Combine(Output("whole", "filter"), file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Output("full", "filter"), file))), file);
    }

    private void Corpus()
    {
        var random = new Random(5);
        Directory.CreateDirectory(Path.Combine(_folder, "in"));
        string[] words = ["the", "river", "of", "stone", "walks", "and", "caf\\u00e9", "says", "no\\n", "quick", "\\\"yes\\\"", "brown", "fox"];
        for (int file = 0; file < 4; file++)
        {
            var lines = new StringBuilder();
            for (int i = 0; i < 6000; i++)
                lines.Append($"{{\"id\":\"{file}-{i}\",\"source\":\"{"ab"[i % 2]}\",\"text\":\"{string.Join(' ', Enumerable.Range(0, random.Next(5, 150)).Select(_ => words[random.Next(words.Length)]))}\"}}\n");
            File.WriteAllText(Path.Combine(_folder, "in", $"{file}.jsonl"), lines.ToString());
        }
        File.WriteAllText(Path.Combine(_folder, "task.jsonl"), File.ReadLines(Path.Combine(_folder, "in", "1.jsonl")).Skip(17).First() + "\n");
    }

    private int Finish(string runs, int workers)
    {
        using Process process = Start(runs, workers);
        process.WaitForExit();
        return process.ExitCode;
    }

    private Process Start(string runs, int workers)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Tool).Assembly.Location, "data", "run", Path.Combine(_folder, "kill.yaml"), "--runs", Path.Combine(_folder, runs), "--set", $"data.workers={workers}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private string Output(string runs, string stage)
    {
        string made = Directory.EnumerateFiles(Path.Combine(_folder, runs), "stages.json", SearchOption.AllDirectories).OrderBy(File.GetLastWriteTimeUtc).Last();
        return System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(made))![stage];
    }
}
