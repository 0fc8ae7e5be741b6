using System.Text.Encodings.Web;
using System.Text.Json;

namespace Athanor.Tensors.Safetensors;

/// <summary>
/// <c>model.safetensors.index.json</c>: which file of a sharded set holds which tensor, as the Hugging Face libraries write it:
/// {"metadata": {"total_size": bytes}, "weight_map": {tensor: file}}.
/// </summary>
internal sealed class SafetensorsIndex(long totalSize, SortedDictionary<string, string> weightMap)
{
    private const long MaxLength = SafetensorsHeader.MaxLength;

    /// <summary>Bytes of all tensors together; 0 when the index does not say.</summary>
    public long TotalSize { get; } = totalSize;

    /// <summary>File name by tensor name.</summary>
    public SortedDictionary<string, string> WeightMap { get; } = weightMap;

    /// <summary>Reads and checks an index; file names must be plain names in the index's own directory.</summary>
    public static SafetensorsIndex Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxLength)
            throw new SafetensorsException(path, null, $"the index has {length:N0} bytes; more than {MaxLength:N0} are not read.", "This is not an index, or it is damaged.");
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (JsonException e)
        {
            throw new SafetensorsException(path, null, $"the index is not valid JSON ({e.Message.TrimEnd('.')}).", cause: e);
        }
        catch (InvalidOperationException e)
        {
            throw new SafetensorsException(path, null, "the index contains a string that is not valid Unicode.", cause: e);
        }
    }

    /// <summary>The index as JSON, two spaces of indent, names sorted.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", TotalSize);
            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            foreach ((string tensor, string file) in WeightMap)
                writer.WriteString(tensor, file);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static SafetensorsIndex Parse(ReadOnlySpan<byte> json, string path)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        long total = 0;
        bool found = false;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(path, null, "the index is not a JSON object.", "This is not an index.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("weight_map"u8))
            {
                if (found)
                    throw new SafetensorsException(path, null, "the index has weight_map twice.");
                found = true;
                ReadMap(ref reader, map, path);
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                total = ReadTotal(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
        while (reader.Read())
        {
        }
        return found ? new SafetensorsIndex(total, map) : throw new SafetensorsException(path, null, "the index has no weight_map.", "This is not an index, or it is damaged.");
    }

    private static void ReadMap(ref Utf8JsonReader reader, SortedDictionary<string, string> map, string path)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(path, null, "weight_map is not a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string tensor = reader.GetString()!;
            reader.Read();
            string? file = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            // A name that leaves the directory would make an index open any file of the machine.
            if (string.IsNullOrEmpty(file) || file is "." or ".." || file.AsSpan().IndexOfAny("/\\:\0") >= 0)
                throw new SafetensorsException(path, tensor, $"its file '{SafetensorsException.Printable(file ?? "(not a string)")}' is not the plain name of a file beside the index.", "Put all files in one directory and name them without it.");
            if (!map.TryAdd(tensor, file))
                throw new SafetensorsException(path, tensor, "weight_map names it twice.", "Save the set again with distinct names.");
        }
    }

    private static long ReadTotal(ref Utf8JsonReader reader)
    {
        // Only total_size matters; some writers put floats and other members here.
        long total = 0;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool size = reader.ValueTextEquals("total_size"u8);
            reader.Read();
            if (size && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number))
                total = number;
            reader.Skip();
        }
        return total;
    }
}
