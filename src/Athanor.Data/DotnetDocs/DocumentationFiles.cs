using System.Globalization;
using System.Runtime.InteropServices;

namespace Athanor.Data.DotnetDocs;

/// <summary>Finds the reference documentation that comes with .NET.</summary>
public static class DocumentationFiles
{
    private static readonly string[] Assemblies = ["ref", "lib"];

    /// <summary>
    /// The XML files of the newest version of each reference pack beside the running runtime; where there are none, those of the NuGet cache. Sorted by
    /// path; each with the name that documents give it.
    /// </summary>
    /// <exception cref="FileNotFoundException">There are none; the message says what to do.</exception>
    public static IReadOnlyList<string> Find()
    {
        string[] folders = [.. PackFolders().Where(Directory.Exists).Distinct()];
        foreach (string folder in folders)
        {
            if (Packs(folder) is { Count: > 0 } packs)
                return packs;
        }
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (Packs(cache) is { Count: > 0 } packages)
            return packages;
        throw new FileNotFoundException($"This machine has no .NET reference documentation: no packs/*/*/ref/*/*.xml beside the runtime ({string.Join(", ", PackFolders().Distinct())}) and no XML files in the NuGet cache ({cache}). " +
            "Install a .NET SDK (https://dot.net), or run `dotnet add package Microsoft.NETCore.App.Ref` in any project, or name a folder of XML documentation with `path:`.");
    }

    /// <summary>The XML files below a folder, or the one file.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    public static IReadOnlyList<string> In(string path)
    {
        if (File.Exists(path))
            return [path];
        string[] files = Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        return files.Length > 0 ? files : throw new FileNotFoundException($"There are no .xml files in '{path}'.", path);
    }

    /// <summary>Names, versions and sizes of files: what decides whether they were read before.</summary>
    internal static string Fingerprint(IReadOnlyList<string> files) =>
        string.Join('\n', files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{NameOf(file)} {new FileInfo(file).Length}")));

    /// <summary>A file's name from the pack on, or its last part: <c>Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0/System.Runtime.xml</c>.</summary>
    internal static string NameOf(string file)
    {
        string[] parts = file.Split('/', '\\');
        int reference = Array.FindLastIndex(parts, part => part is "ref" or "lib");
        return reference >= 2 && parts.Length - reference == 3 ? string.Join('/', parts[(reference - 2)..]) : parts[^1];
    }

    /// <summary>Of each pack the newest version, of it the newest framework: the same text is not read twice.</summary>
    private static List<string> Packs(string folder)
    {
        var files = new List<string>();
        if (!Directory.Exists(folder))
            return files;
        foreach (string pack in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            foreach (string version in Directory.EnumerateDirectories(pack).OrderByDescending(VersionOf).ThenByDescending(path => path, StringComparer.Ordinal))
            {
                string[] found = [.. Assemblies.Select(part => Path.Combine(version, part)).Where(Directory.Exists).SelectMany(Frameworks)
                    .Select(framework => Directory.GetFiles(framework, "*.xml")).FirstOrDefault(documents => documents.Length > 0) ?? []];
                if (found.Length == 0)
                    continue;
                files.AddRange(found.Order(StringComparer.Ordinal));
                break;
            }
        }
        return files;
    }

    private static IEnumerable<string> Frameworks(string folder) =>
        Directory.EnumerateDirectories(folder).OrderByDescending(VersionOf).ThenByDescending(path => path, StringComparer.Ordinal);

    /// <summary>The version in a folder's name: <c>10.0.1-preview</c>, <c>net10.0</c>.</summary>
    private static Version VersionOf(string folder)
    {
        string name = Path.GetFileName(folder).Split('-')[0];
        int first = name.AsSpan().IndexOfAnyInRange('0', '9');
        // .NET Framework and standard count below .NET, whose names are as short and whose numbers may be smaller.
        if (first > 0 && !name.AsSpan(first).Contains('.'))
            return new Version(0, 0);
        return first >= 0 && Version.TryParse(name[first..], out Version? version) ? version : new Version(0, 0);
    }

    private static IEnumerable<string> PackFolders()
    {
        string runtime = RuntimeEnvironment.GetRuntimeDirectory();
        yield return Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "packs"));
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            yield return Path.GetFullPath(Path.Combine(root, "packs"));
    }
}
