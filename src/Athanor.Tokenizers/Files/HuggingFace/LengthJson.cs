using System.Text.Json;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>The parts <c>truncation</c> and <c>padding</c> of <c>tokenizer.json</c>.</summary>
internal static class LengthJson
{
    private static readonly (string, TextSide)[] _sides = [("Left", TextSide.Left), ("Right", TextSide.Right)];

    private static readonly (string, TruncationStrategy)[] _strategies =
        [.. Enum.GetValues<TruncationStrategy>().Select(value => (value.ToString(), value))];

    public static TruncationSettings ReadTruncation(JsonPart part)
    {
        var result = new TruncationSettings(
            part.Int("max_length"), part.Int("stride"), part.Choice<TruncationStrategy>("strategy", null, _strategies),
            part.Choice("direction", TextSide.Right, _sides));
        part.Finish();
        return result;
    }

    public static PaddingSettings ReadPadding(JsonPart part)
    {
        int? length = null;
        JsonElement strategy = part.Value("strategy");
        if (strategy.ValueKind == JsonValueKind.Object)
        {
            JsonPart inner = part.Part("strategy");
            length = inner.Int("Fixed");
            inner.Finish();
        }
        else if (strategy.ValueKind != JsonValueKind.String || !strategy.ValueEquals("BatchLongest"))
        {
            throw part.Expected("strategy", strategy, "\"BatchLongest\" or {\"Fixed\": n}");
        }
        var result = new PaddingSettings(
            length, part.Choice<TextSide>("direction", null, _sides), part.OptionalInt("pad_to_multiple_of"),
            part.Int("pad_id"), part.Int("pad_type_id"), part.Text("pad_token"));
        part.Finish();
        return result;
    }

    public static void Write(Utf8JsonWriter json, TruncationSettings? truncation)
    {
        if (truncation is null)
        {
            json.WriteNull("truncation");
            return;
        }
        json.WriteStartObject("truncation");
        json.WriteString("direction", truncation.Direction.ToString());
        json.WriteNumber("max_length", truncation.MaxLength);
        json.WriteString("strategy", truncation.Strategy.ToString());
        json.WriteNumber("stride", truncation.Stride);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, PaddingSettings? padding)
    {
        if (padding is null)
        {
            json.WriteNull("padding");
            return;
        }
        json.WriteStartObject("padding");
        if (padding.Length is { } length)
        {
            json.WriteStartObject("strategy");
            json.WriteNumber("Fixed", length);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("strategy", "BatchLongest");
        }
        json.WriteString("direction", padding.Direction.ToString());
        if (padding.MultipleOf is { } multiple)
            json.WriteNumber("pad_to_multiple_of", multiple);
        else
            json.WriteNull("pad_to_multiple_of");
        json.WriteNumber("pad_id", padding.PadId);
        json.WriteNumber("pad_type_id", padding.PadTypeId);
        json.WriteString("pad_token", padding.PadToken);
        json.WriteEndObject();
    }
}
