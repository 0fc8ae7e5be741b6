using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Athanor.EndToEnd.Tests;

/// <summary>Runs the sample as a reader would: from its source file, in processes of its own.</summary>
public sealed partial class CharModelSampleTests
{
    [Fact]
    public void The_loss_falls_and_equals_the_loss_of_the_reference_kernels()
    {
        string text = Path.GetTempFileName();
        try
        {
            File.WriteAllText(text, Prose(20_000));
            float[] fast = Curve(text, "40"), reference = Curve(text, "40", "reference");
            Assert.Equal(5, fast.Length);
            Assert.Equal(fast.Length, reference.Length);
            Assert.True(fast[^1] < 0.75f * fast[0], $"the loss falls: {string.Join(' ', fast)}");
            for (int i = 0; i < fast.Length; i++)
                Assert.Equal(reference[i], fast[i], 0.03);
        }
        finally
        {
            File.Delete(text);
        }
    }

    [Fact]
    public void A_missing_file_gives_the_usage_and_exit_code_2()
    {
        var (code, _, errors) = Run("no-such-file.txt");
        Assert.Equal(2, code);
        Assert.Contains("usage:", errors, StringComparison.Ordinal);
    }

    private static float[] Curve(params string[] arguments)
    {
        var (code, output, errors) = Run(arguments);
        Assert.True(code == 0, errors + output);
        return [.. LossLine().Matches(output).Select(m => float.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Root() };
        foreach (string argument in (string[])["run", "-c", "Release", "samples/charmodel.cs", "--", .. arguments])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.ToString());
    }

    /// <summary>Sentences of a small grammar: something to learn, the same everywhere.</summary>
    private static string Prose(int length)
    {
        string[] subjects = ["the smith", "a river", "the old master", "my neighbour"], verbs = ["carries", "forges", "remembers", "sells"];
        string[] objects = ["gold", "a bridge", "the song", "seven letters"];
        var random = new Random(7);
        var text = new StringBuilder();
        while (text.Length < length)
            text.Append(subjects[random.Next(4)]).Append(' ').Append(verbs[random.Next(4)]).Append(' ').Append(objects[random.Next(4)]).Append(".\n");
        return text.ToString();
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Athanor.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("Athanor.slnx was not found above the test.");
    }

    [GeneratedRegex(@"loss (\d+\.\d+)")]
    private static partial Regex LossLine();
}
