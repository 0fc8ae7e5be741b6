using System.Diagnostics;
using Athanor.Data.Slurm;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Slurm;

public sealed class SlurmScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("two words")]
    [InlineData("it's; touch injected #")]
    [InlineData("$(touch injected)`touch injected`$HOME")]
    [InlineData("\"quoted\" \\ %j ! * ~")]
    [InlineData("")]
    public void Whatever_a_word_holds_the_tool_gets_it_as_it_is(string word)
    {
        string shared = _folder.Write($"shared {Guid.NewGuid():N}'$(touch injected)", "");
        string text = SlurmScript.Text("a\nb", shared, ["export BEFORE=yes"], 1 << 30, ["printf", "<%s>", word], part: false);
        (int code, string output) = Bash(text, []);
        Assert.Equal((0, $"<{word}>"), (code, output));
        Assert.False(File.Exists(_folder["injected"]));
    }

    [Fact]
    public void A_task_adds_its_array_number_to_the_first()
    {
        string text = SlurmScript.Text("t", _folder.Write("shared", ""), ["echo $X"], null, ["echo", "task"], part: true);
        (_, string output) = Bash(text, ["2000"], ("SLURM_ARRAY_TASK_ID", "17"), ("X", "setup"));
        Assert.Equal("setup\ntask --part 2017\n", output);
        (_, output) = Bash(text, [], ("SLURM_ARRAY_TASK_ID", "017"[1..]), ("X", ""));
        Assert.Equal("\ntask --part 17\n", output);
    }

    [Fact]
    public void A_node_that_does_not_see_the_folder_says_so()
    {
        (int code, string output) = Bash(SlurmScript.Text("t", "/nowhere/it's $(here)", [], null, ["echo", "never"], part: false), []);
        Assert.Equal(SlurmScript.NotShared, code);
        Assert.Contains("does not see /nowhere/it's $(here): the run must lie on a disk that all nodes share", output, StringComparison.Ordinal);
        Assert.DoesNotContain("never", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runtime_learns_of_cores_and_memory()
    {
        (_, string output) = Bash(SlurmScript.Text("t", _folder.Write("s", ""), [], 1 << 30, ["env"], part: false), [], ("SLURM_CPUS_PER_TASK", "12"));
        Assert.Contains("\nDOTNET_PROCESSOR_COUNT=12\n", "\n" + output, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"\nDOTNET_GCHeapHardLimit={(1 << 30) / 10 * 9:x}\n"), "\n" + output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_no_script_can_hold_are_refused()
    {
        Assert.Contains("line end", Assert.Throws<SlurmException>(() => SlurmScript.Quote("a\nb")).Message, StringComparison.Ordinal);
        Assert.Contains("backslash", Assert.Throws<SlurmException>(() => SlurmScript.Pattern("/a\\b")).Message, StringComparison.Ordinal);
        Assert.Equal("/a%%j/b", SlurmScript.Pattern("/a%j/b"));
    }

    [Theory]
    [InlineData(new int[0], "")]
    [InlineData(new[] { 0 }, "0")]
    [InlineData(new[] { 3, 1, 2, 0 }, "0-3")]
    [InlineData(new[] { 0, 2, 3, 4, 9 }, "0,2-4,9")]
    public void Numbers_are_ranges(int[] numbers, string expected) => Assert.Equal(expected, SlurmScript.Ranges(numbers));

    [Theory]
    [InlineData("12_3|RUNNING|node1|None", 12, 3, "RUNNING", "node1", "", false)]
    [InlineData("12|PENDING||Dependency", 12, -1, "PENDING", "", "Dependency", false)]
    [InlineData("12_0|CANCELLED by 1000|n|0:15", 12, 0, "CANCELLED", "n", "0:15", true)]
    [InlineData("7|OUT_OF_MEMORY|n|0:125", 7, -1, "OUT_OF_MEMORY", "n", "0:125", true)]
    [InlineData("7|COMPLETING|n", 7, -1, "COMPLETING", "n", "", false)]
    public void Lines_of_squeue_and_sacct_are_read(string line, long job, int index, string state, string node, string reason, bool ended)
    {
        SlurmTask task = SlurmTask.Parse(line)!;
        Assert.Equal(new SlurmTask(job, index, state, node, reason), task);
        Assert.Equal(ended, task.Ended);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12_[4-7%2]|PENDING||")]
    [InlineData("JOBID|STATE")]
    [InlineData("slurm_load_jobs error: Invalid job id specified")]
    public void Other_lines_are_passed_over(string line) => Assert.Null(SlurmTask.Parse(line));

    [Fact]
    public void Times_are_written_as_sbatch_reads_them() => Assert.Equal("2-03:04:05", SlurmScript.Time(new TimeSpan(2, 3, 4, 5)));

    private (int Code, string Output) Bash(string script, string[] arguments, params (string Name, string Value)[] environment)
    {
        string path = _folder.Write($"{Guid.NewGuid():N}.sh", script);
        var start = new ProcessStartInfo("bash", [path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
