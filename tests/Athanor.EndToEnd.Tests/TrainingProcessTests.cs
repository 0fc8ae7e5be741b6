using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Athanor.EndToEnd.Tests;

/// <summary>What becomes of a training whose process is told to stop, killed, met by another one, or out of space.</summary>
public sealed partial class TrainingProcessTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [PosixFact]
    public async Task Interrupted_it_saves_and_says_how_to_go_on_to_the_same_model()
    {
        (int code, _, string errors) = await TinyRun.Run(_tiny.RunArguments("whole"));
        Assert.True(code == 0, errors);
        using Process process = TinyRun.Start(_tiny.RunArguments("cut"));
        Task<(int Code, string Output, string Errors)> ended = TinyRun.End(process);
        await _tiny.Trained("cut", 30, process);
        // Held still, so that it is not done before the others have started.
        Signal("STOP", process);
        // A second one is told who is there.
        (code, _, errors) = await TinyRun.Run("rerun", "tiny", "--runs", _tiny.Runs("cut"));
        Assert.Equal(1, code);
        Assert.Contains($"is held by process {process.Id}", errors, StringComparison.Ordinal);
        Signal(InterruptIsIgnored ? "TERM" : "INT", process);
        Signal("CONT", process);
        (int stopped, string output, string told) = await ended;
        Assert.True(stopped == 1, $"{stopped}: {output}{told}");
        Assert.Contains("progress is being saved", output + told, StringComparison.Ordinal);
        Assert.Matches("Go on with: athanor rerun .*tiny", told);
        Assert.Contains("interrupted", (await TinyRun.Run("runs", "--runs", _tiny.Runs("cut"))).Output, StringComparison.Ordinal);
        (code, output, errors) = await TinyRun.Run("rerun", "tiny", "--runs", _tiny.Runs("cut"));
        Assert.True(code == 0, errors);
        // Not a step is lost: it goes on behind the last one that was told.
        Assert.Matches("Goes on from step [0-9]+", output);
        Assert.Equal(_tiny.ModelOf("whole"), _tiny.ModelOf("cut"));
    }

    // By the system, not by a program: on a busy machine the training would be over before a program has started.
    private static void Signal(string name, Process process)
    {
        int number = (name, OperatingSystem.IsLinux()) switch { ("INT", _) => 2, ("TERM", _) => 15, ("STOP", true) => 19, ("STOP", _) => 17, (_, true) => 18, _ => 19 };
        Assert.Equal(0, Send(process.Id, number));
    }

    // A shell without job control starts what runs in the background with Ctrl+C ignored, and children inherit that.
    private static bool InterruptIsIgnored =>
        OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").Any(line => line.StartsWith("SigIgn:", StringComparison.Ordinal) && (Convert.ToUInt64(line[7..].Trim(), 16) & 2) != 0);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);

    [PosixFact]
    public Task Killed_it_goes_on_to_the_same_model() => Kill(kills: 1, seeds: 1);

    [PosixFact]
    [Trait("Category", "Long")]
    public Task Killed_again_and_again_at_random_moments_it_goes_on_to_the_same_model() => Kill(kills: 5, seeds: 5);

    private async Task Kill(int kills, int seeds)
    {
        (int code, _, string errors) = await TinyRun.Run(_tiny.RunArguments("whole"));
        Assert.True(code == 0, errors);
        int hits = 0;
        for (int seed = 0; seed < seeds; seed++)
        {
            var random = new Random(seed);
            string runs = $"killed-{seed}";
            for (int kill = 0; kill < kills; kill++)
            {
                using Process process = TinyRun.Start(_tiny.RunArguments(runs));
                // Within the training after a random part of it; of many kills some within other stages or the start of the process.
                if (kills > 1 && random.Next(3) == 0)
                    await Task.Delay(random.Next(50, 1500));
                else
                    await _tiny.Trained(runs, _tiny.Lines(runs) + random.Next(1, 90), process);
                hits += process.HasExited ? 0 : 1;
                process.Kill();
                await process.WaitForExitAsync();
            }
            // The same command goes on with what is there.
            (code, _, errors) = await TinyRun.Run(_tiny.RunArguments(runs));
            Assert.True(code == 0, errors);
            Assert.Equal(_tiny.ModelOf("whole"), _tiny.ModelOf(runs));
        }
        Assert.True(hits >= seeds * kills / 2, $"Only {hits} of {seeds * kills} kills met a living process.");
    }

    [MountFact]
    public async Task On_a_full_disk_it_says_so_and_goes_on_once_there_is_room()
    {
        (int code, _, string errors) = await TinyRun.Run(_tiny.RunArguments("whole"));
        Assert.True(code == 0, errors);
        Directory.CreateDirectory(_tiny.Runs("small"));
        // Room for a checkpoint of a megabyte, not for three. The mount is gone with its namespace, so the model is copied out.
        string script = $"""
            mount -t tmpfs -o size=2400k none "{_tiny.Runs("small")}" || exit 9
            dotnet "{TinyRun.Dll}" run "{_tiny.Recipe}" --runs "{_tiny.Runs("small")}"; echo "first=$?"
            echo "left=$(find "{_tiny.Runs("small")}" -name '.unfinished-*' | wc -l) saved=$(find "{_tiny.Runs("small")}" -name 'step-*' | wc -l)"
            mount -o remount,size=64m none "{_tiny.Runs("small")}" || exit 9
            dotnet "{TinyRun.Dll}" rerun tiny --runs "{_tiny.Runs("small")}"; echo "second=$?"
            cp -r "{_tiny.Runs("small")}/.store" "{_tiny.Runs("copied")}"
            """;
        using Process shell = Process.Start(new ProcessStartInfo("unshare", ["-rm", "sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        (_, string output, errors) = await TinyRun.End(shell);
        Assert.True(output.Contains("first=1", StringComparison.Ordinal), output + errors);
        Assert.Contains("The disk is full", errors, StringComparison.Ordinal);
        Assert.Contains("MiB free of", errors, StringComparison.Ordinal);
        Assert.Matches("left=0 saved=[1-3]", output);
        Assert.Contains("Goes on from step", output, StringComparison.Ordinal);
        Assert.Contains("second=0", output, StringComparison.Ordinal);
        Assert.Equal(_tiny.ModelOf("whole"), TinyRun.Model(_tiny.Runs("copied")));
    }
}

/// <summary>A test that sends signals.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PosixFactAttribute : FactAttribute
{
    public PosixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
            Skip = "Windows has no signals.";
    }
}

/// <summary>A test that mounts a file system of its own, which Linux allows to root, and to others where user namespaces are allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute()
    {
        if (!CanMount())
            Skip = "No file system can be mounted here (unshare -rm).";
    }

    private static bool CanMount()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            using Process probe = Process.Start(new ProcessStartInfo("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]) { RedirectStandardError = true })!;
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
