using System.Text.Json;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Patterns in <c>tokenizer.json</c>: an object with the one field <c>String</c> or <c>Regex</c>.</summary>
internal static class PatternJson
{
    public static (string Text, bool IsRegex) ReadText(JsonPart part)
    {
        JsonPart pattern = part.Part("pattern");
        string? text = pattern.OptionalText("String"), regex = pattern.OptionalText("Regex");
        pattern.Finish();
        if (text is null == regex is null)
            throw pattern.Wrong("needs one of the fields \"String\" and \"Regex\".");
        if ((text ?? regex)!.Length == 0)
            throw pattern.Wrong("is empty; it would match everywhere.");
        return (text ?? regex!, regex is not null);
    }

    public static TextPattern Read(JsonPart part)
    {
        (string text, bool isRegex) = ReadText(part);
        return Guard(part, () => isRegex ? TextPattern.Matching(text) : TextPattern.Exactly(text));
    }

    public static T Guard<T>(JsonPart part, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw part.Wrong(e.Message, e);
        }
    }

    public static void Write(Utf8JsonWriter json, string text, bool isRegex)
    {
        json.WriteStartObject("pattern");
        json.WriteString(isRegex ? "Regex" : "String", text);
        json.WriteEndObject();
    }
}
