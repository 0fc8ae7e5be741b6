using System.Diagnostics;
using System.Text.Json;

namespace Athanor.Cli.Tests.Data;

/// <summary>Stages over more documents than they may hold, in a process of its own.</summary>
public sealed class MemoryTests : IDisposable
{
    /// <summary>What the runtime takes on the way: code that is compiled, most of it in the first stage, and garbage that is not collected yet.</summary>
    private const long Slack = 64L << 20;

    private const string Recipe = """
        name: memory
        data: { memory: 64Mi, workers: 2 }
        stages:
          read: { use: read_jsonl, path: in.jsonl }
          once: { use: dedup_exact, from: read, memory: 16Mi }
          split: { use: split, from: once, held_out: 5%, workers: 2 }
          clean: { use: length, from: split, min: 3 }
          mix: { use: mix, from: clean }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-memory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Trait("Category", "Long")]
    public void Stages_keep_to_what_they_declare_and_grow_not_with_the_corpus()
    {
        File.WriteAllText(Path.Combine(_folder, "memory.yaml"), Recipe);
        Dictionary<string, Memory> few = Run(250_000), many = Run(1_000_000);
        Assert.Equal(["read", "once", "split", "clean", "mix"], many.Keys);
        // Sorted in memory, the records alone would take half more than what is allowed.
        Assert.True(2 * many["once"].Disk > 3 * (many["once"].Declared + Slack), $"{many["once"].Disk} bytes of records");
        foreach ((string stage, Memory memory) in many)
        {
            string said = $"{stage}: before {memory.Before:N0}, peak {memory.Peak:N0}, declared {memory.Declared:N0}; with a quarter of the documents, peak {few[stage].Peak:N0}";
            Assert.True(memory.Before > 0 && memory.Peak >= memory.Before, said);
            Assert.True(memory.Peak - memory.Before <= (memory.Declared ?? 0) + Slack, said);
            Assert.True(memory.Peak - few[stage].Peak <= Slack / 2, said);
        }
        Assert.Equal(16L << 20, many["once"].Declared);
        Assert.Null(many["split"].Declared);
    }

    private sealed record Memory(long Before, long Peak, long? Declared, long Disk);

    private Dictionary<string, Memory> Run(int documents)
    {
        using (var file = new StreamWriter(Path.Combine(_folder, "in.jsonl")))
        {
            var random = new Random(1);
            for (int i = 0; i < documents; i++)
                file.Write($"{{\"id\":\"{i}\",\"text\":\"document {i} of {i * 7919L % 1_000_003} words that nobody repeats here, {random.Next()}\"}}\n");
        }
        string runs = Path.Combine(_folder, $"runs-{documents}");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Tool).Assembly.Location, "data", "run", Path.Combine(_folder, "memory.yaml"), "--runs", runs]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        Dictionary<string, string> stages = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(Path.Combine(runs, "memory", "stages.json")))!;
        return stages.ToDictionary(stage => stage.Key, stage => Of(Path.Combine(stage.Value, "manifest.json")));
    }

    private static Memory Of(string manifest)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
        JsonElement memory = json.RootElement.GetProperty("memory"), declared = memory.GetProperty("declared");
        return new Memory(memory.GetProperty("before").GetInt64(), memory.GetProperty("peak").GetInt64(), declared.ValueKind == JsonValueKind.Null ? null : declared.GetInt64(),
            json.RootElement.GetProperty("notes").TryGetProperty("forecast_disk_bytes", out JsonElement disk) ? long.Parse(disk.GetString()!, null) : 0);
    }
}
