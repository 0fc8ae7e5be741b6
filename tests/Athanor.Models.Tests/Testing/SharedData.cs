namespace Athanor.Models.Tests.Testing;

/// <summary>Real files that the repository does not contain: a folder <c>shared/data</c> beside the repository, or ATHANOR_DATA.</summary>
internal static class SharedData
{
    public static string? Folder { get; } = Find();

    public static string Path(string name) => System.IO.Path.Combine(Folder!, name);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_DATA") is { Length: > 0 } given)
            return Directory.Exists(given) ? given : null;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
                return candidate;
        }
        return null;
    }
}

/// <summary>A test over real files, skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Folder is null)
            Skip = "There is no folder shared/data beside the repository; ATHANOR_DATA can name one.";
    }
}
