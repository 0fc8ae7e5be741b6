using System.Text;
using System.Text.Json;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>Decoders in <c>tokenizer.json</c>.</summary>
internal static class DecoderJson
{
    public static TokenDecoder Read(JsonPart part)
    {
        TokenDecoder result = part.Type switch
        {
            "ByteLevel" => new ByteLevelDecoder(part.Bool("add_prefix_space", true), part.Bool("trim_offsets", true), part.Bool("use_regex", true)),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Strip" => new StripDecoder(part.Character("content"), part.Int("start"), part.Int("stop")),
            "Replace" => new ReplaceDecoder(PatternJson.Read(part), part.Text("content")),
            "Metaspace" => Metaspace(part),
            "WordPiece" => new WordPieceDecoder(part.Text("prefix"), part.Bool("cleanup")),
            "BPEDecoder" => new BpeDecoder(part.Text("suffix")),
            "CTC" => new CtcDecoder(part.Text("pad_token"), part.Text("word_delimiter_token"), part.Bool("cleanup")),
            "Sequence" => new SequenceDecoder([.. part.Parts("decoders").Select(Read)]),
            string type => throw part.Wrong($"is a decoder of the unknown type \"{type}\"."),
        };
        part.Finish();
        return result;
    }

    public static void Write(Utf8JsonWriter json, TokenDecoder decoder)
    {
        json.WriteStartObject();
        switch (decoder)
        {
            case ByteLevelDecoder bytes:
                json.WriteString("type", "ByteLevel");
                json.WriteBoolean("add_prefix_space", bytes.AddPrefixSpace);
                json.WriteBoolean("trim_offsets", bytes.TrimOffsets);
                json.WriteBoolean("use_regex", bytes.UseRegex);
                break;
            case ByteFallbackDecoder:
                json.WriteString("type", "ByteFallback");
                break;
            case FuseDecoder:
                json.WriteString("type", "Fuse");
                break;
            case StripDecoder strip:
                json.WriteString("type", "Strip");
                json.WriteString("content", strip.Content.ToString());
                json.WriteNumber("start", strip.Leading);
                json.WriteNumber("stop", strip.Trailing);
                break;
            case ReplaceDecoder replace:
                json.WriteString("type", "Replace");
                PatternJson.Write(json, replace.Pattern.Text, replace.Pattern.IsRegex);
                json.WriteString("content", replace.Content);
                break;
            case MetaspaceDecoder metaspace:
                PreTokenizerJson.WriteMetaspace(json, metaspace.Replacement.ToString(), metaspace.PrependScheme, metaspace.Splits);
                break;
            case WordPieceDecoder wordPiece:
                json.WriteString("type", "WordPiece");
                json.WriteString("prefix", wordPiece.Prefix);
                json.WriteBoolean("cleanup", wordPiece.Cleanup);
                break;
            case BpeDecoder bpe:
                json.WriteString("type", "BPEDecoder");
                json.WriteString("suffix", bpe.Suffix);
                break;
            case CtcDecoder ctc:
                json.WriteString("type", "CTC");
                json.WriteString("pad_token", ctc.PadToken);
                json.WriteString("word_delimiter_token", ctc.WordDelimiterToken);
                json.WriteBoolean("cleanup", ctc.Cleanup);
                break;
            case SequenceDecoder sequence:
                json.WriteString("type", "Sequence");
                json.WriteStartArray("decoders");
                foreach (TokenDecoder step in sequence.Steps)
                    Write(json, step);
                json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"tokenizer.json has no name for the decoder {decoder.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    private static MetaspaceDecoder Metaspace(JsonPart part)
    {
        (Rune replacement, PrependScheme scheme, bool splits) = PreTokenizerJson.MetaspaceSettings(part);
        return new MetaspaceDecoder(replacement, scheme, splits);
    }
}
