using System.Globalization;
using System.Runtime.InteropServices;

namespace Athanor.Tensors.Cpu;

/// <summary>One data or unified cache of processor 0.</summary>
/// <param name="Level">1 is the closest to the core.</param>
/// <param name="Bytes">Size of one instance.</param>
public sealed record CacheInfo(int Level, long Bytes);

/// <summary>What the operating system says about the machine; every field degrades to "unknown" or 0 rather than failing.</summary>
public static class MachineInfo
{
    /// <summary>The processor's marketing name, or its architecture when the system does not tell.</summary>
    public static string Processor { get; } = ReadProcessor();

    /// <summary>Processors that this process may use.</summary>
    public static int Processors => Environment.ProcessorCount;

    /// <summary>Bytes of memory that the process may use (the container's limit where there is one).</summary>
    public static long MemoryBytes { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Data and unified caches, closest first; empty when the system does not tell.</summary>
    public static IReadOnlyList<CacheInfo> Caches { get; } = ReadCaches();

    /// <summary>Operating system, .NET runtime and architecture in one line.</summary>
    public static string Software { get; } =
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}";

    private static string ReadProcessor()
    {
        string name = OperatingSystem.IsLinux()
            ? ReadLines("/proc/cpuinfo").Where(line => line.StartsWith("model name", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()).FirstOrDefault() ?? ""
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "";
        return name.Length > 0 ? name : RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static List<CacheInfo> ReadCaches()
    {
        var caches = new List<CacheInfo>();
        for (int index = 0; index < 8; index++)
        {
            string folder = $"/sys/devices/system/cpu/cpu0/cache/index{index}/";
            string type = ReadLines(folder + "type").FirstOrDefault("");
            string size = ReadLines(folder + "size").FirstOrDefault("");
            if (type is "Data" or "Unified" &&
                int.TryParse(ReadLines(folder + "level").FirstOrDefault(""), CultureInfo.InvariantCulture, out int level) &&
                long.TryParse(size.TrimEnd('K'), CultureInfo.InvariantCulture, out long kilobytes))
                caches.Add(new CacheInfo(level, kilobytes << 10));
        }
        return caches;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() && File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
