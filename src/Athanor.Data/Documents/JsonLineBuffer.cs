using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Athanor.Data.Documents;

/// <summary>Lines of JSON in memory: documents, and what is said about removed ones.</summary>
internal sealed class JsonLineBuffer : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly SearchValues<char> Special = SearchValues.Create(['"', '\\', .. Enumerable.Range(0, 32).Select(number => (char)number)]);
    private const int LongestEscape = 6, LongestNumber = 20;
    private readonly PooledBytes _buffer;
    private readonly Utf8JsonWriter _json;

    /// <param name="least">Bytes that there is room for from the beginning.</param>
    public JsonLineBuffer(int least = 1 << 17)
    {
        _buffer = new PooledBytes(least);
        _json = new Utf8JsonWriter(_buffer, Options);
    }

    /// <summary>Bytes since the last <see cref="Clear"/>.</summary>
    public int Length => _buffer.Count;

    public ReadOnlySpan<byte> Bytes => _buffer.Written;

    /// <summary>Writes a document, in the form that <see cref="DocumentLine"/> reads fast.</summary>
    public void Write(Document document)
    {
        Open("{\"id\":\""u8, document.Id);
        Open("\",\"text\":\""u8, document.Text);
        if (document.Source.Length > 0)
            Open("\",\"source\":\""u8, document.Source);
        _buffer.Write("\""u8);
        if (document.Metadata.Count > 0)
        {
            ReadOnlySpan<byte> before = ",\"metadata\":{\""u8;
            foreach ((string name, string value) in document.Metadata)
            {
                Open(before, name);
                Open("\":\""u8, value);
                before = "\",\""u8;
            }
            _buffer.Write("\"}"u8);
        }
        if (document.Origin is { } origin)
        {
            Open(",\"origin\":{\"file\":\""u8, origin.File);
            _buffer.Write("\",\"offset\":"u8);
            Utf8Formatter.TryFormat(origin.Offset, _buffer.GetSpan(LongestNumber), out int length);
            _buffer.Advance(length);
            _buffer.Write("}"u8);
        }
        _buffer.Write("}\n"u8);
    }

    /// <summary>Bytes as they are, then a text with its escapes: runs without any are copied whole.</summary>
    private void Open(ReadOnlySpan<byte> before, ReadOnlySpan<char> text)
    {
        _buffer.Write(before);
        while (true)
        {
            int end = text.IndexOfAny(Special);
            ReadOnlySpan<char> run = end < 0 ? text : text[..end];
            Span<byte> target = _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(run.Length) + LongestEscape);
            int length = Encoding.UTF8.GetBytes(run, target);
            if (end < 0)
            {
                _buffer.Advance(length);
                return;
            }
            _buffer.Advance(length + Escape(text[end], target[length..]));
            text = text[(end + 1)..];
        }
    }

    private static int Escape(char unit, Span<byte> target)
    {
        target[0] = (byte)'\\';
        byte letter = unit switch { '\n' => (byte)'n', '"' => (byte)'"', '\\' => (byte)'\\', '\t' => (byte)'t', '\r' => (byte)'r', '\b' => (byte)'b', '\f' => (byte)'f', _ => 0 };
        if (letter != 0)
        {
            target[1] = letter;
            return 2;
        }
        "u00"u8.CopyTo(target[1..]);
        Utf8Formatter.TryFormat((byte)unit, target[4..], out _, new StandardFormat('x', 2));
        return LongestEscape;
    }

    public void WriteObject<T>(T state, Action<Utf8JsonWriter, T> properties)
    {
        _json.Reset();
        _json.WriteStartObject();
        properties(_json, state);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    public void Clear() => _buffer.Clear();

    public void Dispose()
    {
        // It must not write what it may still hold behind bytes that are lent out again.
        _json.Reset();
        _json.Dispose();
        _buffer.Dispose();
    }

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
