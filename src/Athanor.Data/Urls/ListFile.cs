using System.IO.Compression;
using Athanor.Runs.Settings;

namespace Athanor.Data.Urls;

/// <summary>Reads lists of names, one a line; lines that begin with <c>#</c> are comments. Files may be <c>.gz</c>.</summary>
internal static class ListFile
{
    private const int LongestLine = 1 << 16;

    /// <summary>The names of a file, if there is one, and those given beside it.</summary>
    /// <exception cref="InvalidDataException">The file is no list.</exception>
    public static IEnumerable<string> Read(RecipePath? file, IReadOnlyList<string> more)
    {
        foreach (string name in more)
            yield return name.Trim();
        if (file is not { } path)
            yield break;
        using Stream stream = File.OpenRead(path.FullPath);
        using Stream plain = path.FullPath.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain);
        for (long number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length > LongestLine || line.Contains('\0', StringComparison.Ordinal))
                throw new InvalidDataException(FormattableString.Invariant($"{path}:{number}: this is no list of names, one a line."));
            string name = line.Trim();
            if (name.Length > 0 && name[0] != '#')
                yield return name;
        }
    }
}
