namespace Athanor.Models;

/// <summary>A model file that cannot be used: which file and part, what is wrong, and what to do.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>An error at <paramref name="location"/> (a key, a tensor, an offset) of a file.</summary>
    public ModelFormatException(string file, string location, string problem, Exception? inner = null)
        : base(location.Length == 0 ? $"{file}: {problem}" : $"{file}, {location}: {problem}", inner)
    {
        File = file;
        Location = location;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>Where in it.</summary>
    public string Location { get; }
}
