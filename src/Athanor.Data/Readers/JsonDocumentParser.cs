using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>Makes a document of a JSON object: <c>text</c>, <c>id</c>, <c>source</c>, <c>metadata</c>, <c>origin</c>; every other key becomes metadata.</summary>
internal sealed class JsonDocumentParser(JsonKeys keys, string file, ReadProblems problems)
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(keys.Text), _id = Encoding.UTF8.GetBytes(keys.Id), _source = Encoding.UTF8.GetBytes(keys.Source);
    private readonly bool _usual = keys == new JsonKeys();

    /// <summary>The document of a line, or null with a problem noted.</summary>
    public Document? Parse(ReadOnlySpan<byte> line, long offset)
    {
        // Most lines are of the form in which documents are written.
        if (_usual && DocumentLine.TryParse(line, file, offset) is { } document)
            return document;
        if (!Utf8.IsValid(line))
        {
            problems.Add(new ReadProblem(ReadProblemKind.InvalidText, file, offset, "the line is not UTF-8"));
            line = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line));
        }
        try
        {
            return Object(line, offset);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problems.Add(new ReadProblem(ReadProblemKind.BadRecord, file, offset, e.Message));
            return null;
        }
    }

    private Document Object(ReadOnlySpan<byte> line, long offset)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("the line is no JSON object");
        string? id = null, text = null, source = null;
        DocumentOrigin? origin = null;
        Dictionary<string, string>? metadata = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(_text))
            {
                reader.Read();
                text = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw new JsonException($"'{keys.Text}' is no string");
            }
            else if (reader.ValueTextEquals(_id))
                id = Value(ref reader);
            else if (reader.ValueTextEquals(_source))
                source = Value(ref reader);
            else
                Other(ref reader, ref metadata, ref origin);
        }
        reader.Read();
        return new Document(id ?? FormattableString.Invariant($"{file}@{offset}"), text ?? throw new JsonException($"there is no string '{keys.Text}' (text_key)"))
        {
            Source = source ?? "",
            Metadata = metadata ?? Document.NoMetadata,
            Origin = origin ?? new DocumentOrigin(file, offset),
        };
    }

    private static void Other(ref Utf8JsonReader reader, ref Dictionary<string, string>? metadata, ref DocumentOrigin? origin)
    {
        string key = reader.GetString()!;
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject && key == "origin" && JsonOrigin.TryRead(reader, ref origin))
            reader.Skip();
        else if (reader.TokenType == JsonTokenType.StartObject && key == "metadata")
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                Note(ref metadata, name, Scalar(ref reader));
            }
        }
        else
            Note(ref metadata, key, Scalar(ref reader));
    }

    private static void Note(ref Dictionary<string, string>? metadata, string key, string? value)
    {
        if (value is not null)
            (metadata ??= new Dictionary<string, string>(StringComparer.Ordinal))[key] = value;
    }

    private static string? Value(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Scalar(ref reader);
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
