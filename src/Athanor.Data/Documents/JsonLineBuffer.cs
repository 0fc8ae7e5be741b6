using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Athanor.Data.Documents;

/// <summary>Lines of JSON in memory: documents, and what is said about removed ones.</summary>
internal sealed class JsonLineBuffer : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 17);
    private readonly Utf8JsonWriter _json;

    public JsonLineBuffer() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>Bytes since the last <see cref="Clear"/>.</summary>
    public int Length => _buffer.WrittenCount;

    public ReadOnlySpan<byte> Bytes => _buffer.WrittenSpan;

    public void Write(Document document) => WriteObject(document, static (json, document) => Properties(json, document));

    public void WriteObject<T>(T state, Action<Utf8JsonWriter, T> properties)
    {
        _json.Reset();
        _json.WriteStartObject();
        properties(_json, state);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    public void Clear() => _buffer.ResetWrittenCount();

    public void Dispose() => _json.Dispose();

    /// <summary>A document's properties.</summary>
    public static void Properties(Utf8JsonWriter json, Document document)
    {
        json.WriteString("id", document.Id);
        json.WriteString("text", document.Text);
        if (document.Source.Length > 0)
            json.WriteString("source", document.Source);
        if (document.Metadata.Count > 0)
        {
            json.WriteStartObject("metadata");
            foreach ((string name, string value) in document.Metadata)
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        Origin(json, document);
    }

    /// <summary>What says where a document came from.</summary>
    public static void Lineage(Utf8JsonWriter json, Document document)
    {
        json.WriteString("id", document.Id);
        if (document.Source.Length > 0)
            json.WriteString("source", document.Source);
        Origin(json, document);
    }

    public static void Origin(Utf8JsonWriter json, Document document)
    {
        if (document.Origin is not { } origin)
            return;
        json.WriteStartObject("origin");
        json.WriteString("file", origin.File);
        json.WriteNumber("offset", origin.Offset);
        json.WriteEndObject();
    }
}
