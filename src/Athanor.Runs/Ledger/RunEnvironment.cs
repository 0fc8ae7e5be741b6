using System.Collections;
using System.Reflection;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Athanor.Runs.Ledger;

/// <summary>The machine and the code of a run, written as <c>environment.json</c>.</summary>
public sealed record RunEnvironment
{
    private static readonly string[] DialPrefixes = ["ATHANOR_", "DOTNET_", "OMP_", "CUDA_", "NCCL_", "SLURM_"];
    private static readonly string[] Secrets = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "AUTH"];

    /// <summary>Asked once: the code that runs is the code that was there when the process began.</summary>
    private static readonly Lazy<GitState?> Code = new(() => GitState.Of(Environment.CurrentDirectory) ?? GitState.Of(AppContext.BaseDirectory));

    /// <summary>Machine name.</summary>
    public required string Machine { get; init; }

    /// <summary>Operating system and its version.</summary>
    public required string Os { get; init; }

    /// <summary>Processor model.</summary>
    public required string Cpu { get; init; }

    /// <summary>Logical processors that this process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>Bytes of memory that this process may use.</summary>
    public required long Memory { get; init; }

    /// <summary>Runtime and architecture.</summary>
    public required string Runtime { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Command line without the program.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Working folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The code's commit, where there is one.</summary>
    public required GitState? Git { get; init; }

    /// <summary>Environment variables that turn dials of Athanor, the runtime or a cluster; those that look like secrets are left out.</summary>
    public required IReadOnlyDictionary<string, string> Dials { get; init; }

    /// <summary>What is true of this process.</summary>
    public static RunEnvironment Current()
    {
        var program = Assembly.GetEntryAssembly() ?? typeof(RunEnvironment).Assembly;
        string version = program.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        return new RunEnvironment
        {
            Machine = Environment.MachineName,
            Os = RuntimeInformation.OSDescription,
            Cpu = CpuName(),
            Processors = Environment.ProcessorCount,
            Memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Runtime = $"{RuntimeInformation.FrameworkDescription} {RuntimeInformation.ProcessArchitecture}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC",
            Program = $"{program.GetName().Name} {version}".TrimEnd(),
            Arguments = [.. Environment.GetCommandLineArgs().Skip(1)],
            Folder = Environment.CurrentDirectory,
            Git = Code.Value,
            Dials = Dialed(Environment.GetEnvironmentVariables()),
        };
    }

    internal static IReadOnlyDictionary<string, string> Dialed(IDictionary variables)
    {
        var dials = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in variables)
        {
            string name = (string)variable.Key;
            if (DialPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) && !Secrets.Any(secret => name.Contains(secret, StringComparison.OrdinalIgnoreCase)))
                dials[name] = (string?)variable.Value ?? "";
        }
        return dials;
    }

    private static string CpuName()
    {
        try
        {
            if (OperatingSystem.IsLinux() && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line)
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The architecture will do.
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
