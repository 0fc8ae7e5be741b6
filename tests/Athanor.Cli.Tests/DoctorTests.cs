using System.Diagnostics;
using System.Text.Json;

namespace Athanor.Cli.Tests;

/// <summary>The tool as its users start it: a process with arguments and an environment.</summary>
public sealed class DoctorTests
{
    [Fact]
    public void Doctor_prints_machine_device_kernels_and_peaks_as_plain_text_when_redirected()
    {
        var (code, output, errors) = Start(null, "doctor");
        Assert.Equal(Tool.Success, code);
        Assert.Empty(errors);
        foreach (string expected in (string[])["processor", "ATHANOR_CPU", "MatMul", "BF16", "memory copy", "GB/s", "MPI"])
            Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public void Json_has_the_same_facts_in_one_object()
    {
        var (code, output, _) = Start(null, "doctor", "--json");
        Assert.Equal(Tool.Success, code);
        using JsonDocument report = JsonDocument.Parse(output);
        JsonElement root = report.RootElement;
        Assert.True(root.GetProperty("processors").GetInt32() > 0);
        Assert.Contains(root.GetProperty("lanes").GetInt32(), new[] { 16, 8, 4, 1 });
        Assert.NotEmpty(root.GetProperty("kernels").EnumerateArray());
        Assert.All(root.GetProperty("peaks").EnumerateArray(), peak => Assert.True(peak.GetProperty("value").GetDouble() > 0));
        Assert.False(string.IsNullOrWhiteSpace(root.GetProperty("cuda").GetProperty("details").GetString()));
    }

    [Theory]
    [InlineData("scalar", 1)]
    [InlineData("reference", 1)]
    public void The_dial_decides_the_kernels(string dial, int lanes)
    {
        var (code, output, _) = Start(dial, "doctor", "--json", "--no-measure");
        Assert.Equal(Tool.Success, code);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.Empty(report.RootElement.GetProperty("peaks").EnumerateArray());
        foreach (JsonElement kernel in report.RootElement.GetProperty("kernels").EnumerateArray())
        {
            Assert.Equal(dial == "reference" ? "Reference" : "Simd", kernel.GetProperty("path").GetString());
            Assert.Equal(lanes, kernel.GetProperty("lanes").GetInt32());
        }
    }

    [Fact]
    public void A_wrong_dial_gives_a_sentence_and_no_stack_trace()
    {
        var (code, output, errors) = Start("turbo", "doctor");
        Assert.Equal(Tool.Usage, code);
        Assert.Empty(output);
        Assert.Contains("ATHANOR_CPU is 'turbo'", errors, StringComparison.Ordinal);
        Assert.Contains("simd256", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Start(string? dial, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(Tool).Assembly.Location);
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        if (dial is not null)
            start.Environment["ATHANOR_CPU"] = dial;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
