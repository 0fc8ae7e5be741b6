namespace Athanor.Testing;

/// <summary>Real files that the repository does not contain: in a folder <c>shared/data</c> beside the repository, or in the one that <c>ATHANOR_DATA</c> names.</summary>
internal static class SharedData
{
    /// <summary>The path of a file that is there, as it is within tests marked with <see cref="SharedDataFactAttribute"/>.</summary>
    public static string Path(string file) => Find(file) ?? throw new FileNotFoundException($"There is no {file} in shared/data.", file);

    public static string? Find(string file)
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_DATA") is { Length: > 0 } named)
            return Existing(System.IO.Path.Combine(named, file));
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Existing(System.IO.Path.Combine(folder.FullName, "shared", "data", file)) is { } found)
                return found;
        }
        return null;
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}

/// <summary>A test on real data, skipped where one of its files is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(params string[] files)
    {
        if (files.FirstOrDefault(file => SharedData.Find(file) is null) is { } missing)
            Skip = $"There is no {missing} in a folder shared/data beside the repository nor in ATHANOR_DATA.";
    }
}
