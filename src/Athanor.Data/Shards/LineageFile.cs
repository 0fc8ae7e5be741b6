using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Shards;

/// <summary>What a shard's document was read from.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Source">Its corpus.</param>
/// <param name="Origin">The file and byte at which it begins, where that is known.</param>
public sealed record ShardDocument(string Id, string Source, DocumentOrigin? Origin);

/// <summary>
/// The lineage of a shard's documents, in their order: <c>train-00000.lineage.jsonl</c> beside <c>train-00000.shard</c> has a line <c>{"id","source","origin":{"file","offset"}}</c> for each, so that any token
/// can be traced back to the file and byte it came from.
/// </summary>
public static class LineageFile
{
    /// <summary>The file beside a shard.</summary>
    public static string Of(string shard) => Path.ChangeExtension(shard, ".lineage.jsonl");

    /// <summary>Finds a document; lines before it are passed over, not read.</summary>
    /// <param name="shard">The shard's path.</param>
    /// <param name="document">Its number in the shard.</param>
    /// <exception cref="ShardException">There is no such line.</exception>
    public static ShardDocument Find(string shard, long document)
    {
        string path = Of(shard);
        if (!File.Exists(path))
            throw new ShardException(path, "it is missing, so nothing is known about where the tokens came from. Tokenize again.");
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        foreach (TextLine line in TextLines.Read(stream, path))
        {
            if (line.Number - 1 == document)
                return Parse(path, line);
        }
        throw new ShardException(path, $"it has no line for document {document}. Tokenize again.");
    }

    private static ShardDocument Parse(string path, TextLine line)
    {
        try
        {
            using var json = JsonDocument.Parse(line.Bytes);
            JsonElement root = json.RootElement;
            DocumentOrigin? origin = root.TryGetProperty("origin", out JsonElement place) ? new DocumentOrigin(place.GetProperty("file").GetString()!, place.GetProperty("offset").GetInt64()) : null;
            return new ShardDocument(root.GetProperty("id").GetString()!, root.TryGetProperty("source", out JsonElement source) ? source.GetString()! : "", origin);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ShardException(path, $"line {line.Number} is none of a lineage. Tokenize again.");
        }
    }
}
