namespace Athanor.Testing;

/// <summary>
/// The prebuilt llama.cpp of the npm package <c>node-llama-cpp</c>, a peer for tests on machines that have it: in a <c>node_modules</c> folder at or above the repository, or in
/// the one that <c>ATHANOR_NODE_MODULES</c> names. Nothing here installs it.
/// </summary>
internal static class LlamaCpp
{
    public static string? Modules { get; } = FindModules();

    /// <summary>A library of it, such as <c>libggml-base.so</c>; null where it is missing.</summary>
    public static string? Library(string name)
    {
        if (Modules is null || !OperatingSystem.IsLinux() || System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64)
            return null;
        string path = Path.Combine(Modules, "@node-llama-cpp", "linux-x64", "bins", "linux-x64", name);
        return File.Exists(path) ? path : null;
    }

    private static string? FindModules()
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_NODE_MODULES") is { Length: > 0 } named)
            return Holds(named) ? named : null;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string modules = Path.Combine(folder.FullName, "node_modules");
            if (Holds(modules))
                return modules;
        }
        return null;
    }

    private static bool Holds(string modules) => Directory.Exists(Path.Combine(modules, "@node-llama-cpp", "linux-x64"));
}

/// <summary>A test beside llama.cpp, skipped where node-llama-cpp is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LlamaCppFactAttribute : FactAttribute
{
    public LlamaCppFactAttribute() => Skip = Missing;

    /// <summary>Why there is no llama.cpp; null where there is.</summary>
    public static string? Missing => LlamaCpp.Library("libggml-base.so") is not null ? null
        : "node-llama-cpp is not installed: no @node-llama-cpp/linux-x64 in a node_modules folder above the tests nor in ATHANOR_NODE_MODULES.";
}
