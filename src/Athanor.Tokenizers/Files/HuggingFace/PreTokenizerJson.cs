using System.Text.Json;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Pre-tokenizers in <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerJson
{
    private static readonly (string, SplitBehavior)[] _behaviors = [.. Enum.GetValues<SplitBehavior>().Select(value => (value.ToString(), value))];

    private static readonly (string, PrependScheme)[] _schemes =
        [("always", PrependScheme.Always), ("first", PrependScheme.First), ("never", PrependScheme.Never)];

    public static PreTokenizer Read(JsonPart part)
    {
        PreTokenizer result = part.Type switch
        {
            "ByteLevel" => new ByteLevelPreTokenizer(part.Bool("add_prefix_space"), part.Bool("trim_offsets"), part.Bool("use_regex", true)),
            "Split" => Split(part),
            "Whitespace" => new WhitespacePreTokenizer(),
            "WhitespaceSplit" => new WhitespaceSplitPreTokenizer(),
            "Punctuation" => new PunctuationPreTokenizer(part.Choice("behavior", SplitBehavior.Isolated, _behaviors)),
            "Digits" => new DigitsPreTokenizer(part.Bool("individual_digits")),
            "BertPreTokenizer" => new BertPreTokenizer(),
            "CharDelimiterSplit" => new CharDelimiterPreTokenizer(part.Character("delimiter")),
            "FixedLength" => FixedLength(part),
            "Metaspace" => Metaspace(part),
            "Sequence" => new SequencePreTokenizer([.. part.Parts("pretokenizers").Select(Read)]),
            "UnicodeScripts" => throw part.Wrong("is the pre-tokenizer UnicodeScripts, which is not supported; split by a regex instead."),
            string type => throw part.Wrong($"is a pre-tokenizer of the unknown type \"{type}\"."),
        };
        part.Finish();
        return result;
    }

    public static void Write(Utf8JsonWriter json, PreTokenizer preTokenizer)
    {
        json.WriteStartObject();
        switch (preTokenizer)
        {
            case ByteLevelPreTokenizer bytes:
                json.WriteString("type", "ByteLevel");
                json.WriteBoolean("add_prefix_space", bytes.AddPrefixSpace);
                json.WriteBoolean("trim_offsets", bytes.TrimOffsets);
                json.WriteBoolean("use_regex", bytes.UseRegex);
                break;
            case SplitPreTokenizer split:
                json.WriteString("type", "Split");
                PatternJson.Write(json, split.Pattern, split.IsRegex);
                json.WriteString("behavior", split.Behavior.ToString());
                json.WriteBoolean("invert", split.Invert);
                break;
            case WhitespacePreTokenizer:
                json.WriteString("type", "Whitespace");
                break;
            case WhitespaceSplitPreTokenizer:
                json.WriteString("type", "WhitespaceSplit");
                break;
            case PunctuationPreTokenizer punctuation:
                json.WriteString("type", "Punctuation");
                json.WriteString("behavior", punctuation.Behavior.ToString());
                break;
            case DigitsPreTokenizer digits:
                json.WriteString("type", "Digits");
                json.WriteBoolean("individual_digits", digits.IndividualDigits);
                break;
            case BertPreTokenizer:
                json.WriteString("type", "BertPreTokenizer");
                break;
            case CharDelimiterPreTokenizer delimiter:
                json.WriteString("type", "CharDelimiterSplit");
                json.WriteString("delimiter", delimiter.Delimiter.ToString());
                break;
            case FixedLengthPreTokenizer length:
                json.WriteString("type", "FixedLength");
                json.WriteNumber("length", length.Length);
                break;
            case MetaspacePreTokenizer metaspace:
                WriteMetaspace(json, metaspace.Replacement.ToString(), metaspace.PrependScheme, metaspace.Splits);
                break;
            case SequencePreTokenizer sequence:
                json.WriteString("type", "Sequence");
                json.WriteStartArray("pretokenizers");
                foreach (PreTokenizer step in sequence.Steps)
                    Write(json, step);
                json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"tokenizer.json has no name for the pre-tokenizer {preTokenizer.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    /// <summary>The settings of Metaspace, of the pre-tokenizer and the decoder alike.</summary>
    public static (System.Text.Rune Replacement, PrependScheme Scheme, bool Splits) MetaspaceSettings(JsonPart part)
    {
        PrependScheme scheme = part.Choice("prepend_scheme", PrependScheme.Always, _schemes);
        bool? prefix = part.OptionalBool("add_prefix_space");
        _ = part.OptionalText("str_rep");   // what older files write beside the replacement
        if (prefix == false)
        {
            if (part.Has("prepend_scheme") && scheme != PrependScheme.Never)
                throw part.Wrong("says add_prefix_space false and a prepend_scheme other than \"never\"; keep one.");
            scheme = PrependScheme.Never;
        }
        return (part.Character("replacement"), scheme, part.Bool("split", true));
    }

    public static void WriteMetaspace(Utf8JsonWriter json, string replacement, PrependScheme scheme, bool splits)
    {
        json.WriteString("type", "Metaspace");
        json.WriteString("replacement", replacement);
        json.WriteString("prepend_scheme", _schemes[(int)scheme].Item1);
        json.WriteBoolean("split", splits);
    }

    private static MetaspacePreTokenizer Metaspace(JsonPart part)
    {
        (System.Text.Rune replacement, PrependScheme scheme, bool splits) = MetaspaceSettings(part);
        return new MetaspacePreTokenizer(replacement, scheme, splits);
    }

    private static SplitPreTokenizer Split(JsonPart part)
    {
        (string pattern, bool isRegex) = PatternJson.ReadText(part);
        SplitBehavior behavior = part.Choice<SplitBehavior>("behavior", null, _behaviors);
        bool invert = part.Bool("invert");
        return PatternJson.Guard(part, () => new SplitPreTokenizer(pattern, isRegex, behavior, invert));
    }

    private static FixedLengthPreTokenizer FixedLength(JsonPart part)
    {
        int length = part.Int("length", 5);
        return length > 0 ? new FixedLengthPreTokenizer(length) : throw part.Wrong("has the length 0; pieces need at least one character.");
    }
}
