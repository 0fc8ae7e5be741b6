using System.Diagnostics;
using System.Globalization;

namespace Athanor.Data.Tests.FastText;

/// <summary>Facebook's fasttext, where the machine has it (Debian: apt install fasttext).</summary>
internal static class FasttextProgram
{
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .Where(folder => folder.Length > 0).Select(folder => System.IO.Path.Combine(folder, "fasttext")).FirstOrDefault(File.Exists);

    /// <summary>Labels with their scores, for each line.</summary>
    public static IReadOnlyList<(string Label, float Score)[]> Predict(string model, IEnumerable<string> lines, int labels, string folder)
    {
        string file = System.IO.Path.Combine(folder, "asked.txt");
        File.WriteAllText(file, string.Concat(lines.Select(line => line + "\n")));
        return [.. Run("predict-prob", model, file, labels.ToString(CultureInfo.InvariantCulture)).Split('\n').SkipLast(1).Select(Parse)];
    }

    public static (string Label, float Score)[] Parse(string line)
    {
        string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [.. parts.Chunk(2).Select(pair => (pair[0]["__label__".Length..], float.Parse(pair[1], CultureInfo.InvariantCulture)))];
    }

    public static string Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"fasttext {string.Join(' ', arguments)}: {errors.Result}");
    }
}

/// <summary>A test against Facebook's fasttext.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FasttextTheoryAttribute : TheoryAttribute
{
    public FasttextTheoryAttribute()
    {
        if (FasttextProgram.Path is null)
            Skip = "There is no program fasttext on this machine (Debian: apt install fasttext).";
    }
}
