namespace Athanor.Models.HuggingFace;

/// <summary>Model folders that appear whole or not at all: written beside their place, then renamed.</summary>
public static class ModelFolder
{
    /// <summary>Refuses a place that is taken; an empty folder is not.</summary>
    /// <exception cref="IOException">There is a file or a folder with something in it.</exception>
    public static void RefuseExisting(string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new IOException($"{target} is there already. Remove it or name another place; nothing was written.");
    }

    /// <summary>Lets a folder be written and puts it in its place; where that fails nothing of it is left.</summary>
    /// <param name="target">A place that <see cref="RefuseExisting"/> lets pass.</param>
    /// <param name="write">Gets the folder to write into, which is not there yet.</param>
    public static void Write(string target, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        string place = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            write(place);
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(place, target);
        }
        catch
        {
            if (Directory.Exists(place))
                Directory.Delete(place, recursive: true);
            throw;
        }
    }
}
