using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Readers;

/// <summary>
/// Conversations, one a document: OpenAI's <c>messages</c>, ShareGPT's <c>conversations</c>, ChatGPT's exported <c>mapping</c>; a line each or in an array. The text is the
/// conversation to be read; the metadata's <c>messages</c> is all of it as OpenAI writes it.
/// </summary>
internal sealed class ChatFormat(ReadLimits limits) : FileFormat
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override IReadOnlyList<string> Endings { get; } = SourceStream.Endings(".jsonl", ".json", ".ndjson");

    public override bool CanSplit(string path) => !SourceStream.IsPacked(path);

    public override IEnumerable<PartDocument> Read(FilePart part, long position, ReadProblems problems, CancellationToken cancellation)
    {
        foreach (JsonRecord record in JsonRecords.Read(part, position, limits, problems, cancellation))
        {
            if (Parse(part, record, problems) is { } document)
                yield return new PartDocument(document, record.Next);
        }
    }

    private static Document? Parse(FilePart part, JsonRecord record, ReadProblems problems)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(record.Bytes);
            JsonElement root = json.RootElement;
            List<(string Role, string Content)> messages = ChatMessages.Of(root);
            if (messages.Count == 0)
                throw new JsonException("there is no message with text in 'messages', 'conversations' or 'mapping'");
            var text = new StringBuilder();
            foreach ((string role, string content) in messages)
                text.Append(text.Length > 0 ? "\n\n" : "").Append(role).Append(": ").Append(content.Trim());
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["messages"] = Json(messages), ["turns"] = messages.Count(message => message.Role == "user").ToString(System.Globalization.CultureInfo.InvariantCulture) };
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (property.Name is not ("messages" or "conversations" or "conversation" or "mapping" or "system" or "id" or "conversation_id") && property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
                    metadata[property.Name] = property.Value.ToString();
            }
            return new Document(Id(root) ?? FormattableString.Invariant($"{part.Name}@{record.Offset}"), text.ToString()) { Metadata = metadata, Origin = new DocumentOrigin(part.Name, record.Offset) };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problems.Add(new ReadProblem(ReadProblemKind.BadRecord, part.Name, record.Offset, e.Message));
            return null;
        }
    }

    private static string? Id(JsonElement root)
    {
        foreach (string name in (string[])["id", "conversation_id"])
        {
            if (root.TryGetProperty(name, out JsonElement id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number && id.ToString() is { Length: > 0 } text)
                return text;
        }
        return null;
    }

    private static string Json(List<(string Role, string Content)> messages)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartArray();
            foreach ((string role, string content) in messages)
            {
                json.WriteStartObject();
                json.WriteString("role", role);
                json.WriteString("content", content);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
