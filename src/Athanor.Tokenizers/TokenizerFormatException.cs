namespace Athanor.Tokenizers;

/// <summary>A tokenizer file that cannot be used: which file and part, what is wrong with it, and what to do.</summary>
public sealed class TokenizerFormatException : Exception
{
    /// <summary>An error in <paramref name="source"/> (a file or the name of a stream) at <paramref name="location"/> (a JSON path, a line, a byte offset).</summary>
    public TokenizerFormatException(string source, string location, string problem, Exception? inner = null)
        : base(location.Length == 0 ? $"{source}: {problem}" : $"{source}, {location}: {problem}", inner)
    {
        SourceName = source;
        Location = location;
    }

    /// <summary>The file or stream.</summary>
    public string SourceName { get; }

    /// <summary>Where in it.</summary>
    public string Location { get; }
}
