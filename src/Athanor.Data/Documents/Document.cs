namespace Athanor.Data.Documents;

/// <summary>Where a document was read: the byte of the file at which it begins.</summary>
/// <param name="File">The file, as its reader names it.</param>
/// <param name="Offset">Bytes from the file's beginning.</param>
public sealed record DocumentOrigin(string File, long Offset);

/// <summary>A text with what is known about it: what every reader makes and every filter takes.</summary>
/// <param name="Id">Names it within its source; stays when files move.</param>
/// <param name="Text">The text.</param>
public sealed record Document(string Id, string Text)
{
    /// <summary>What it was read from: <c>dotnet</c>, the name of a corpus.</summary>
    public string Source { get; init; } = "";

    /// <summary>Anything else that is known about it, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    /// <summary>Where it was read, where that is known.</summary>
    public DocumentOrigin? Origin { get; init; }

    internal static IReadOnlyDictionary<string, string> NoMetadata { get; } = new Dictionary<string, string>();
}
