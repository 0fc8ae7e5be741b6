using System.Diagnostics;

namespace Athanor.EndToEnd.Tests;

/// <summary>A Slurm of one node that tests/slurm/one-node.sh starts in a folder.</summary>
internal sealed class OneNodeSlurm : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-slurm-").FullName;

    public OneNodeSlurm(int cpus) => Configuration = Run("bash", Script(), "start", _folder, $"{cpus}").Trim().Split('\n')[^1];

    /// <summary>What SLURM_CONF names.</summary>
    public string Configuration { get; }

    /// <summary>Why none can be started here, or null.</summary>
    public static string? Missing { get; } = !OperatingSystem.IsLinux() ? "Slurm runs on Linux."
        : Find("slurmctld") && Find("slurmd") && Find("munged") && Find("sbatch") ? null
        : "Slurm is not installed: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge.";

    /// <summary>Calls one of Slurm's programs.</summary>
    public string Call(string program, params string[] arguments) => Run(program, arguments);

    public void Dispose()
    {
        Run("bash", Script(), "stop", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        if (Configuration is { } configuration)
            start.Environment["SLURM_CONF"] = configuration;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 || program != "bash" ? output : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static bool Find(string program) => ((string[])["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Script()
    {
        DirectoryInfo at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Athanor.slnx")))
            at = at.Parent!;
        return Path.Combine(at.FullName, "tests", "slurm", "one-node.sh");
    }
}

/// <summary>A test over a real Slurm, skipped where none is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlurmFactAttribute : FactAttribute
{
    public SlurmFactAttribute() => Skip = OneNodeSlurm.Missing;
}
