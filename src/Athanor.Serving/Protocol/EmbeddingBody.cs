using System.Text.Json;
using System.Text.Json.Serialization;

namespace Athanor.Serving.Protocol;

/// <summary>A request to <c>/v1/embeddings</c>.</summary>
internal sealed class EmbeddingBody
{
    public string? Model { get; init; }

    public JsonElement? Input { get; init; }

    public string? EncodingFormat { get; init; }

    public int? Dimensions { get; init; }

    public string? User { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingItem> Data, string Model, EmbeddingUsage Usage);

/// <summary>A vector: numbers, or Base64 of little-endian 32-bit floats.</summary>
internal sealed record EmbeddingItem(string Object, int Index, [property: JsonConverter(typeof(VectorConverter))] EmbeddingVector Embedding);

internal readonly record struct EmbeddingVector(float[] Values, bool Base64);

internal sealed record EmbeddingUsage(int PromptTokens, int TotalTokens);

internal sealed class VectorConverter : JsonConverter<EmbeddingVector>
{
    public override EmbeddingVector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Vectors are only written.");

    public override void Write(Utf8JsonWriter writer, EmbeddingVector value, JsonSerializerOptions options)
    {
        if (value.Base64)
        {
            byte[] bytes = new byte[value.Values.Length * sizeof(float)];
            for (int i = 0; i < value.Values.Length; i++)
                System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), value.Values[i]);
            writer.WriteBase64StringValue(bytes);
            return;
        }
        writer.WriteStartArray();
        foreach (float number in value.Values)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
