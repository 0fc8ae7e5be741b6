using System.IO.Compression;
using System.Text.Json;

namespace Athanor.Data.Documents;

/// <summary>
/// Documents as JSON Lines: <c>{"id":…,"text":…,"source":…,"metadata":{…},"origin":{"file":…,"offset":…}}</c>, all but <c>text</c> optional. Other keys
/// of foreign files become metadata. Files that end in <c>.gz</c> are unpacked on the way.
/// </summary>
public static class DocumentFile
{
    /// <summary>The name of the file in artifacts of kind <c>documents</c>.</summary>
    public const string Name = "documents.jsonl";

    /// <summary>Reads documents one after another.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DocumentException">A line is no document; it is named.</exception>
    public static IEnumerable<Document> Read(string path)
    {
        foreach (TextLine line in Lines(path))
        {
            if (line.Bytes.Span.Trim(" \t\r\n"u8).Length > 0)
                yield return Parse(path, line);
        }
    }

    private static IEnumerable<TextLine> Lines(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        foreach (TextLine line in TextLines.Read(stream, path))
            yield return line;
    }

    internal static Document Parse(string path, TextLine line) => DocumentLine.TryParse(line.Bytes.Span, Path.GetFileName(path), line.Offset) ?? ParseAny(path, line);

    /// <summary>A document in any form of JSON.</summary>
    internal static Document ParseAny(string path, TextLine line)
    {
        try
        {
            var reader = new Utf8JsonReader(line.Bytes.Span);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new DocumentException(path, line.Number, "a document is a JSON object with a string \"text\".");
            string? id = null, text = null, source = null;
            DocumentOrigin? origin = null;
            Dictionary<string, string>? metadata = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string key = reader.GetString()!;
                reader.Read();
                switch (key)
                {
                    case "text" when reader.TokenType == JsonTokenType.String:
                        text = reader.GetString();
                        break;
                    case "id":
                        id = Scalar(ref reader);
                        break;
                    case "source":
                        source = Scalar(ref reader);
                        break;
                    case "origin" when reader.TokenType == JsonTokenType.StartObject:
                        origin = Origin(ref reader);
                        break;
                    case "metadata" when reader.TokenType == JsonTokenType.StartObject:
                        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                            Note(ref metadata, reader.GetString()!, ref reader);
                        break;
                    default:
                        Keep(ref metadata, key, Scalar(ref reader));
                        break;
                }
            }
            return new Document(id ?? FormattableString.Invariant($"{Path.GetFileName(path)}@{line.Offset}"), text ?? throw new DocumentException(path, line.Number, "it has no string \"text\"."))
            {
                Source = source ?? "",
                Metadata = metadata ?? Document.NoMetadata,
                Origin = origin ?? new DocumentOrigin(Path.GetFileName(path), line.Offset),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader counts from 0 within the line; the message is for people, who have the line.
            throw new DocumentException(path, line.Number, $"this is no JSON document ({e.Message}) Remove the line or write it anew.", e);
        }
    }

    private static DocumentOrigin? Origin(ref Utf8JsonReader reader)
    {
        string? file = null;
        long offset = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isFile = reader.ValueTextEquals("file"u8), isOffset = reader.ValueTextEquals("offset"u8);
            reader.Read();
            if (isFile)
                file = reader.GetString();
            else if (isOffset && reader.TryGetInt64(out long number))
                offset = number;
            else
                reader.Skip();
        }
        return file is null ? null : new DocumentOrigin(file, offset);
    }

    private static void Note(ref Dictionary<string, string>? metadata, string key, ref Utf8JsonReader reader)
    {
        reader.Read();
        Keep(ref metadata, key, Scalar(ref reader));
    }

    private static void Keep(ref Dictionary<string, string>? metadata, string key, string? value)
    {
        if (value is not null)
            (metadata ??= new Dictionary<string, string>(StringComparer.Ordinal))[key] = value;
    }

    /// <summary>A single value as text; lists and maps as their JSON.</summary>
    private static string? Scalar(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.Null)
            return reader.GetString();
        using JsonDocument value = JsonDocument.ParseValue(ref reader);
        return value.RootElement.GetRawText();
    }
}
