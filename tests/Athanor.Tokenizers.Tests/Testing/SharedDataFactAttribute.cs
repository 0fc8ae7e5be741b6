namespace Athanor.Tokenizers.Tests.Testing;

/// <summary>A test on real data, from a folder <c>shared/data</c> beside the repository or the one that <c>ATHANOR_DATA</c> names; skipped where it is missing.</summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string file)
    {
        if (Find(file) is null)
            Skip = $"There is no {file} in a folder shared/data beside the repository nor in ATHANOR_DATA.";
    }

    /// <summary>The path of a file of the data folder, or null.</summary>
    public static string? Find(string file)
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_DATA") is { Length: > 0 } named)
            return Existing(Path.Combine(named, file));
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Existing(Path.Combine(folder.FullName, "shared", "data", file)) is { } found)
                return found;
        }
        return null;
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
