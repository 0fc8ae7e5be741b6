using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>The npm packages tiktoken and tokenizers on a corpus, run by node beside us where they are installed.</summary>
internal static class NpmPeer
{
    /// <summary>One peer's rates in MB/s, and the digest of its ids.</summary>
    public sealed record Figures(string Peer, double Median, double Best, long Tokens, string Ids);

    public static IReadOnlyList<Figures> Run(string folder, string encoding, string? tokenizerJson, Corpus corpus, int seconds)
    {
        string file = Path.Combine(Path.GetTempPath(), $"athanor-{Environment.ProcessId}-corpus.txt");
        File.WriteAllBytes(file, corpus.Text);
        try
        {
            var start = new ProcessStartInfo("node") { RedirectStandardOutput = true };
            string script = Path.Combine(AppContext.BaseDirectory, "peers", "tokenizers.mjs");
            foreach (string argument in (string[])[script, folder, encoding, tokenizerJson ?? "-", file, Text(Corpus.DocumentBytes), Text(seconds)])
                start.ArgumentList.Add(argument);
            using Process process = Process.Start(start)!;
            string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            return [.. lines.Select(line => JsonSerializer.Deserialize<Figures>(line, JsonSerializerOptions.Web)!)];
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException)
        {
            Console.Error.WriteLine($"The npm peers did not run ({e.Message}); node and the packages tiktoken and tokenizers in {folder} are needed for --peers.");
            return [];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
