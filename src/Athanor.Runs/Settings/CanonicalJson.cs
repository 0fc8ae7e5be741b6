using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Settings;

/// <summary>
/// JSON of which equal values have equal bytes: keys sorted by ordinal, no space, numbers in their shortest form. Maps keep no order, since settings mean
/// the same in any.
/// </summary>
internal static class CanonicalJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
            write(json);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Node(Utf8JsonWriter json, RecipeNode node)
    {
        switch (node)
        {
            case MappingNode mapping:
                json.WriteStartObject();
                foreach (MappingEntry entry in mapping.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    json.WritePropertyName(entry.Key);
                    Node(json, entry.Value);
                }
                json.WriteEndObject();
                break;
            case SequenceNode sequence:
                json.WriteStartArray();
                foreach (RecipeNode item in sequence.Items)
                    Node(json, item);
                json.WriteEndArray();
                break;
            case ScalarNode { Kind: ScalarKind.Null }:
                json.WriteNullValue();
                break;
            case ScalarNode { Kind: ScalarKind.Bool } flag:
                json.WriteBooleanValue(flag.Text == "true");
                break;
            case ScalarNode { Kind: ScalarKind.Number } number:
                json.WriteRawValue(number.Text);
                break;
            case ScalarNode text:
                json.WriteStringValue(text.Text);
                break;
        }
    }
}
