using System.Text;
using System.Text.Json.Nodes;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Chat;

namespace Athanor.Testing;

/// <summary>A tokenizer with a token for each byte and ChatML's markers: characters beyond ASCII straddle tokens, and ids are easy to foresee.</summary>
internal static class ByteTokenizer
{
    public const int Begin = 258, Start = 256, End = 257;

    public static Tokenizer ChatMl { get; } = Create(BuiltInTemplates.Source("chatml"));

    public static Tokenizer WithoutTemplate { get; } = Create(null);

    public static Tokenizer Create(string? template)
    {
        var vocabulary = new JsonObject();
        for (int value = 0; value < 256; value++)
            vocabulary[Letter((byte)value)] = value;
        var added = new JsonArray();
        foreach ((int id, string text) in new[] { (Start, "<|im_start|>"), (End, "<|im_end|>"), (Begin, "<s>") })
            added.Add(new JsonObject { ["id"] = id, ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true });
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = added,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
        Tokenizer bytes = Tokenizer.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()));
        return new Tokenizer(bytes.Parts with { Settings = new TokenizerSettings { BosToken = "<s>", EosToken = "<|im_end|>", ChatTemplate = template } });
    }

    // GPT-2's letters for bytes: printable ones stand for themselves, the others follow from U+0100 in order.
    private static string Letter(byte value)
    {
        static bool Printable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return Printable(value) ? ((char)value).ToString() : ((char)(256 + Enumerable.Range(0, value).Count(b => !Printable(b)))).ToString();
    }
}
