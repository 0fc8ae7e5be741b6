using System.Text.Json;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Normalizers in <c>tokenizer.json</c>.</summary>
internal static class NormalizerJson
{
    public static Normalizer Read(JsonPart part)
    {
        Normalizer result = part.Type switch
        {
            "NFC" => new UnicodeNormalizer(UnicodeForm.Nfc),
            "NFD" => new UnicodeNormalizer(UnicodeForm.Nfd),
            "NFKC" => new UnicodeNormalizer(UnicodeForm.Nfkc),
            "NFKD" => new UnicodeNormalizer(UnicodeForm.Nfkd),
            "Lowercase" => new LowercaseNormalizer(),
            "StripAccents" => new StripAccentsNormalizer(),
            "Nmt" => new NmtNormalizer(),
            "ByteLevel" => new ByteLevelNormalizer(),
            "Strip" => new StripNormalizer(part.Bool("strip_left"), part.Bool("strip_right")),
            "Prepend" => new PrependNormalizer(part.Text("prepend")),
            "Replace" => new ReplaceNormalizer(PatternJson.Read(part), part.Text("content")),
            "BertNormalizer" => new BertNormalizer(
                part.Bool("clean_text"), part.Bool("handle_chinese_chars"), part.OptionalBool("strip_accents"), part.Bool("lowercase")),
            "Precompiled" => Precompiled(part),
            "Sequence" => new SequenceNormalizer([.. part.Parts("normalizers").Select(Read)]),
            string type => throw part.Wrong($"is a normalizer of the unknown type \"{type}\"."),
        };
        part.Finish();
        return result;
    }

    public static void Write(Utf8JsonWriter json, Normalizer normalizer)
    {
        json.WriteStartObject();
        switch (normalizer)
        {
            case UnicodeNormalizer unicode:
                json.WriteString("type", unicode.Form.ToString().ToUpperInvariant());
                break;
            case LowercaseNormalizer:
                json.WriteString("type", "Lowercase");
                break;
            case StripAccentsNormalizer:
                json.WriteString("type", "StripAccents");
                break;
            case NmtNormalizer:
                json.WriteString("type", "Nmt");
                break;
            case ByteLevelNormalizer:
                json.WriteString("type", "ByteLevel");
                break;
            case StripNormalizer strip:
                json.WriteString("type", "Strip");
                json.WriteBoolean("strip_left", strip.Left);
                json.WriteBoolean("strip_right", strip.Right);
                break;
            case PrependNormalizer prepend:
                json.WriteString("type", "Prepend");
                json.WriteString("prepend", prepend.Prefix);
                break;
            case ReplaceNormalizer replace:
                json.WriteString("type", "Replace");
                PatternJson.Write(json, replace.Pattern.Text, replace.Pattern.IsRegex);
                json.WriteString("content", replace.Content);
                break;
            case BertNormalizer bert:
                json.WriteString("type", "BertNormalizer");
                json.WriteBoolean("clean_text", bert.CleanText);
                json.WriteBoolean("handle_chinese_chars", bert.HandleChineseChars);
                if (bert.StripAccents is { } strips)
                    json.WriteBoolean("strip_accents", strips);
                else
                    json.WriteNull("strip_accents");
                json.WriteBoolean("lowercase", bert.Lowercase);
                break;
            case PrecompiledNormalizer precompiled:
                json.WriteString("type", "Precompiled");
                json.WriteBase64String("precompiled_charsmap", precompiled.CharsMap);
                break;
            case SequenceNormalizer sequence:
                json.WriteString("type", "Sequence");
                json.WriteStartArray("normalizers");
                foreach (Normalizer step in sequence.Steps)
                    Write(json, step);
                json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"tokenizer.json has no name for the normalizer {normalizer.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    private static PrecompiledNormalizer Precompiled(JsonPart part)
    {
        JsonElement map = part.Value("precompiled_charsmap");
        if (map.ValueKind != JsonValueKind.String || !map.TryGetBytesFromBase64(out byte[]? bytes))
            throw part.Expected("precompiled_charsmap", map, "base64");
        try
        {
            return new PrecompiledNormalizer(bytes);
        }
        catch (ArgumentException e)
        {
            throw part.Wrong(e.Message, e);
        }
    }
}
