using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Athanor.Data.Writers;

/// <summary>Metadata as a JSON object, for formats of fixed columns.</summary>
internal static class MetadataJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
            return "{}";
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in metadata)
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
