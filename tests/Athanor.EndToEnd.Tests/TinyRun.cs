using System.Diagnostics;
using System.Text;

namespace Athanor.EndToEnd.Tests;

/// <summary>The tool in a process of its own, over a folder with a small recipe that trains for a second or two.</summary>
internal sealed class TinyRun : IDisposable
{
    private const string Text = """
        name: tiny
        seed: 5
        model: { depth: 1, width: 64, heads: 2 }
        stages:
          read: { use: read_text, path: text.txt, unit: line }
          split: { use: split, from: read, held_out: 5% }
          tokenizer: { use: train_tokenizer, from: split, vocabulary: 300 }
          tokenize: { use: tokenize, from: [split, tokenizer] }
          train: { use: pretrain, from: [tokenizer, tokenize], tokens: 200k, sequence_length: 64, batch_tokens: 512, save_every: 25, average: 0.9, prompts: [] }
        """;

    public string Folder { get; } = Directory.CreateTempSubdirectory("athanor-process-").FullName;

    public TinyRun()
    {
        File.WriteAllText(Recipe, Text);
        var lines = new StringBuilder();
        for (int i = 0; i < 600; i++)
            lines.Append($"Item {i * 7919 % 997} of list {i % 13} is kept in box {i * 31 % 89}, behind shelf {i % 29}.\n");
        File.WriteAllText(Path.Combine(Folder, "text.txt"), lines.ToString());
    }

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "athanor.dll");

    public string Recipe => Path.Combine(Folder, "tiny.yaml");

    public string Runs(string name) => Path.Combine(Folder, name);

    public string[] RunArguments(string runs) => ["run", Recipe, "--runs", Runs(runs)];

    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    public static async Task<(int Code, string Output, string Errors)> End(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    public static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        return await End(process);
    }

    /// <summary>Lines of metrics that the training has written.</summary>
    public int Lines(string runs)
    {
        string path = Path.Combine(Runs(runs), "tiny", "metrics.jsonl");
        if (!File.Exists(path))
            return 0;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    /// <summary>Waits until the training has written so many lines of metrics, or is over.</summary>
    public async Task Trained(string runs, int lines, Process process)
    {
        while (!process.HasExited && Lines(runs) < lines)
            await Task.Delay(5);
    }

    /// <summary>The bytes of the trained model and its report, by file.</summary>
    public static Dictionary<string, string> Model(string store) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(Directory.EnumerateFiles(Path.Combine(store, "artifacts"), "training.json", SearchOption.AllDirectories).Single())!)
            .Where(path => Path.GetFileName(path) != "manifest.json")
            .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

    public Dictionary<string, string> ModelOf(string runs) => Model(Path.Combine(Runs(runs), ".store"));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
