using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Athanor.Cli.Tests.Data;

/// <summary>Stages as jobs of a Slurm that is played by scripts; what they run is the tool itself.</summary>
public sealed class SlurmTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor slurm's-").FullName;
    private readonly FakeSlurm _slurm;

    public SlurmTests()
    {
        _slurm = new FakeSlurm(Path.Combine(_folder, "slurm bin"));
        var lines = new StringBuilder();
        var random = new Random(3);
        for (int i = 0; i < 3000; i++)
            lines.Append($"{{\"id\":\"{i}\",\"text\":\"{string.Concat(Enumerable.Range(0, random.Next(2, 60)).Select(_ => $"word{random.Next(99)} "))}\"}}\n");
        File.WriteAllText(Path.Combine(_folder, "in.jsonl"), lines.ToString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BashFact]
    public void Tasks_that_fail_or_are_lost_are_queued_again_and_the_bytes_are_those_of_this_machine()
    {
        Recipe(2);
        Assert.Equal(Tool.Success, Run("local").Code);
        _slurm.Fault("small.read", "1", "NODE_FAIL", "EXIT 137");
        _slurm.Fault("small.clean", "0", "GONE");
        _slurm.Fault("small.clean", "1", "HELD", "COMPLETED");
        _slurm.Fault("small.clean", "whole", "TIMEOUT");
        _slurm.Set("deaf");
        (int code, string output, string errors) = Run("slurm", "--executor", "slurm");
        Assert.True(code == Tool.Success, output + errors);
        Assert.Contains("part 1 of 2 of 'read' (job 1_1 on node7) was lost with its node. Queued again (1 of 3).", output, StringComparison.Ordinal);
        Assert.Contains("is FAILED: dying by 137", output, StringComparison.Ordinal);
        Assert.Contains("Queued again (2 of 3)", output, StringComparison.Ordinal);
        Assert.Contains("part 0 of 2 of 'clean'", output, StringComparison.Ordinal);
        Assert.Contains("waits: launch failed requeued held", output, StringComparison.Ordinal);
        Assert.Contains("part 1 of 2 of 'clean'", output, StringComparison.Ordinal);
        Assert.Contains("the node writes to another disk", output, StringComparison.Ordinal);
        Assert.Contains("the stage 'clean' (job", output, StringComparison.Ordinal);
        Assert.Contains("met its time limit", output, StringComparison.Ordinal);
        Assert.Contains("Slurm does not answer", output, StringComparison.Ordinal);
        Assert.Contains("clean: reused", output, StringComparison.Ordinal);
        Same("local", "slurm");
        // Behind an array some of whose tasks were queued again, the end counts.
        Assert.Contains(_slurm.Submitted, call => call.Contains("afterok:", StringComparison.Ordinal) && call.Contains("--kill-on-invalid-dep=yes", StringComparison.Ordinal));
        Assert.Contains(_slurm.Submitted, call => call.Contains("--array=0-1%1 ", StringComparison.Ordinal) && call.Contains("--requeue", StringComparison.Ordinal) && call.Contains("--mem=2048M", StringComparison.Ordinal)
            && call.Contains("--time=0-00:30:00 --signal=B:TERM@60 --partition=cpu --account=me --qos=x", StringComparison.Ordinal) && call.Contains("--cpus-per-task=1", StringComparison.Ordinal));
        Assert.Contains(_slurm.Submitted, call => call.Contains("--array=1%1 ", StringComparison.Ordinal));

        int before = _slurm.Submitted.Length;
        (code, output, _) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Success, code);
        Assert.Equal(before, _slurm.Submitted.Length);
    }

    [BashFact]
    public void What_is_done_is_not_submitted_again_and_failures_are_bounded()
    {
        Recipe(3, maxArray: 2);
        _slurm.Fault("small.read", "1", "EXIT 9", "EXIT 9", "EXIT 9", "EXIT 9");
        (int code, _, string errors) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("part 1 of 3 of 'read'", errors, StringComparison.Ordinal);
        Assert.Contains("dying by 9", errors, StringComparison.Ordinal);
        Assert.Contains("That was try 4. What is done stays. Go on with: athanor rerun", errors, StringComparison.Ordinal);
        // Three tasks are an array of two and an array of one, which adds 2 to its number.
        Assert.EndsWith("read.part.sh 0", _slurm.Submitted[0], StringComparison.Ordinal);
        Assert.EndsWith("read.part.sh 2", _slurm.Submitted[1], StringComparison.Ordinal);
        Assert.Contains(_slurm.Calls, call => call.StartsWith("scancel ", StringComparison.Ordinal));

        int before = _slurm.Submitted.Length;
        Assert.Equal(Tool.Success, Run("slurm", "--executor", "slurm").Code);
        string[] read = [.. _slurm.Submitted[before..].Where(call => call.Contains("read.part", StringComparison.Ordinal))];
        Assert.Contains("--array=1%1 ", Assert.Single(read), StringComparison.Ordinal);
        Assert.Equal(Tool.Success, Run("local").Code);
        Same("local", "slurm");
    }

    [BashFact]
    public void What_would_fail_again_is_not_tried_again()
    {
        Recipe(1);
        File.WriteAllText(Path.Combine(_folder, "in.jsonl"), "no json\n");
        (int code, string output, string errors) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("the stage 'read' (job 2 on node7) failed: The stage 'read' failed: ", errors, StringComparison.Ordinal);
        Assert.Contains("holds no document that can be read", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Queued again", output, StringComparison.Ordinal);
        Assert.Equal(4, _slurm.Submitted.Length);
    }

    [BashTheory]
    [InlineData("SILENT", false, "left neither a note nor the log")]
    [InlineData("SILENT", true, "exit code 1:0 and left neither")]
    [InlineData("OUT_OF_MEMORY", false, "Raise data.slurm.memory")]
    [InlineData("COMPLETED", false, "writes to another disk")]
    public void A_task_that_leaves_nothing_is_explained(string fault, bool accounts, string says)
    {
        Recipe(1, requeues: 0);
        _slurm.Fault("small.read", "0", fault);
        if (accounts)
            _slurm.Set("accounts");
        (int code, _, string errors) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    [BashFact]
    public void A_node_without_the_disk_is_named()
    {
        Recipe(1, setup: "[ -n \"$here\" ] || export here=1");
        string runs = Path.Combine(_folder, "runs-slurm");
        // The first node sees another folder under this name.
        _slurm.Set("hold");
        using Process process = Start("slurm");
        while (!File.Exists(Path.Combine(runs, "small", "slurm", "shared")) || _slurm.Submitted.Length < 4)
            Thread.Sleep(20);
        File.Move(Path.Combine(runs, "small", "slurm", "shared"), Path.Combine(runs, "small", "slurm", "elsewhere"));
        _slurm.Set("hold", null);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(Tool.Failure, process.ExitCode);
        Assert.Contains("does not see the run's folder. Put it (--runs) on a disk that all nodes share", errors, StringComparison.Ordinal);
    }

    [BashFact]
    public void Jobs_of_a_controller_that_died_are_gone_on_with()
    {
        Recipe(2);
        _slurm.Set("hold");
        using (Process process = Start("slurm"))
        {
            while (!_slurm.Calls.Any(call => call.StartsWith("squeue", StringComparison.Ordinal)))
                Thread.Sleep(20);
            process.Kill();
            process.WaitForExit();
        }
        Assert.Equal(4, _slurm.Submitted.Length);
        _slurm.Set("hold", null);
        (int code, string output, _) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Success, code);
        Assert.Contains("jobs of before still run or wait; going on with them", output, StringComparison.Ordinal);
        Assert.Equal(4, _slurm.Submitted.Length);
    }

    [BashFact]
    public void A_controller_that_is_told_to_end_takes_the_jobs_away_and_says_how_to_go_on()
    {
        Recipe(2);
        _slurm.Set("hold");
        using Process process = Start("slurm");
        while (!_slurm.Calls.Any(call => call.StartsWith("squeue", StringComparison.Ordinal)))
            Thread.Sleep(20);
        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            kill.WaitForExit();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(Tool.Failure, process.ExitCode);
        Assert.Contains("Go on with: athanor rerun", errors, StringComparison.Ordinal);
        Assert.Contains("scancel 1 2 3 4", _slurm.Calls);
    }

    [BashFact]
    public void A_Slurm_that_is_not_there_or_refuses_is_named_with_a_remedy()
    {
        Recipe(1);
        (int code, _, string errors) = Run("slurm", "--executor", "slurm", "--set", $"data.slurm.programs={_folder}");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains($"sbatch was not found in {_folder}", errors, StringComparison.Ordinal);
        _slurm.Set("refuse", "sbatch: error: invalid partition specified: cpu\nsbatch: error: Batch job submission failed: Invalid partition name specified");
        (code, _, errors) = Run("slurm", "--executor", "slurm");
        Assert.Equal(Tool.Failure, code);
        Assert.Contains("sbatch refused read.part.sh: sbatch: error: invalid partition specified: cpu", errors, StringComparison.Ordinal);
        Assert.Contains("Give data.slurm.partition one that `sinfo` lists.", errors, StringComparison.Ordinal);
        foreach (string said in (string[])["Requested node configuration is not available", "More processors requested than permitted", "Requested time limit is invalid (missing or exceeds some limit)"])
        {
            _slurm.Set("refuse", "sbatch: error: Batch job submission failed: " + said);
            (code, _, errors) = Run("slurm", "--executor", "slurm");
            Assert.Equal(Tool.Failure, code);
            Assert.Contains("Lower data.slurm.cpus", errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("data.slurm.arguments=[qos]", "is no option of sbatch")]
    [InlineData("data.slurm.arguments=[--array=3]", "is set by Athanor itself")]
    [InlineData("data.slurm.partition='a b'", "names nothing that Slurm knows")]
    [InlineData("data.slurm.tasks=0", "tasks")]
    public void Wrong_settings_are_told_before_anything_is_submitted(string setting, string says)
    {
        Recipe(1);
        (int code, _, string errors) = Run("slurm", "--executor", "slurm", "--set", setting);
        Assert.Equal(Tool.Usage, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.Empty(_slurm.Calls);
    }

    [Fact]
    public void What_only_this_machine_can_do_is_refused()
    {
        Recipe(1);
        (int code, _, string errors) = Run("slurm", "--executor", "slurm", "--force", "read");
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("--executor local", errors, StringComparison.Ordinal);
        (code, _, errors) = Invoke("data", "length", "--in", Path.Combine(_folder, "in.jsonl"), "--out", Path.Combine(_folder, "out"), "--set", "data.executor=slurm", "--runs", Path.Combine(_folder, "one"));
        Assert.Equal(Tool.Usage, code);
        Assert.Contains("A single stage runs on this machine", errors, StringComparison.Ordinal);
    }

    private void Recipe(int tasks, int requeues = 3, int maxArray = 1000, string setup = "true") => File.WriteAllText(Path.Combine(_folder, "small.yaml"), $$"""
        name: small
        data:
          removed: all
          slurm: { tasks: {{tasks}}, running: 1, max_array: {{maxArray}}, requeues: {{requeues}}, ask_every: 50ms, settle: 0s, programs: 'slurm bin', partition: cpu, account: me, memory: 2Gi, time: 30m,
                   arguments: [--qos=x], setup: ['{{setup}}'] }
        stages:
          read: { use: read_jsonl, path: in.jsonl, task_mb: 1 }
          clean: { use: length, from: read, min: 100 }
        """);

    private (int Code, string Output, string Errors) Run(string runs, params string[] more) => Invoke(["data", "run", Path.Combine(_folder, "small.yaml"), "--runs", Path.Combine(_folder, "runs-" + runs), .. more]);

    private static (int Code, string Output, string Errors) Invoke(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(arguments, output, errors), output.ToString(), errors.ToString());
    }

    private Process Start(string runs)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Tool).Assembly.Location, "data", "run", Path.Combine(_folder, "small.yaml"), "--runs", Path.Combine(_folder, "runs-" + runs), "--executor", "slurm"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.BeginOutputReadLine();
        return process;
    }

    private void Same(string one, string other)
    {
        Dictionary<string, string> a = Stages(one), b = Stages(other);
        Assert.Equal(a.Keys, b.Keys);
        foreach (string stage in a.Keys)
        {
            string[] files = [.. Directory.EnumerateFiles(a[stage]).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal)];
            Assert.Equal(files, Directory.EnumerateFiles(b[stage]).Select(file => Path.GetFileName(file)).Where(file => file != "manifest.json").Order(StringComparer.Ordinal));
            Assert.All(files, file => Assert.True(File.ReadAllBytes(Path.Combine(a[stage], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(b[stage], file))), $"{stage}/{file}"));
        }
    }

    private Dictionary<string, string> Stages(string runs) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(Path.Combine(_folder, "runs-" + runs, "small", "stages.json")))!;
}

/// <summary>A test that plays Slurm by scripts of bash.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BashFactAttribute : FactAttribute
{
    public BashFactAttribute() => Skip = File.Exists("/bin/bash") ? null : "There is no bash to play Slurm.";
}

/// <summary>A test that plays Slurm by scripts of bash.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BashTheoryAttribute : TheoryAttribute
{
    public BashTheoryAttribute() => Skip = File.Exists("/bin/bash") ? null : "There is no bash to play Slurm.";
}
