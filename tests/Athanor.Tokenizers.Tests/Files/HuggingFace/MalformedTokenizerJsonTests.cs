using System.Text;
using System.Text.Json.Nodes;
using Athanor.Tokenizers.Tests.Testing;

namespace Athanor.Tokenizers.Tests.Files.HuggingFace;

public class MalformedTokenizerJsonTests
{
    [Theory]
    // The document.
    [InlineData("version", "\"2.0\"", "$.version")]
    [InlineData("version", "1", "$.version")]
    [InlineData("model", null, "lacks the field \"model\"")]
    [InlineData("surprise", "{\"a\": 1}", "$.surprise")]
    // The model.
    [InlineData("model.type", "\"Transducer\"", "unknown type \"Transducer\"")]
    [InlineData("model.dropout", "0.1", "dropout")]
    [InlineData("model.surprise", "7", "unknown field \"surprise\"")]
    [InlineData("model.fuse_unk", "\"yes\"", "fuse_unk")]
    [InlineData("model.vocab", "[]", "$.model.vocab")]
    [InlineData("model.vocab", null, "lacks the field \"vocab\"")]
    [InlineData("model.vocab.a", "-1", "$.model.vocab['a']")]
    [InlineData("model.vocab.a", "1.5", "$.model.vocab['a']")]
    [InlineData("model.vocab.a", "66", "has the id 66 of the token")]
    [InlineData("model.vocab.a", "2000000000", "far above the number of tokens")]
    [InlineData("model.vocab.a", "99999999999999", "$.model.vocab['a']")]
    [InlineData("model.merges", "{}", "$.model.merges")]
    [InlineData("model.merges", null, "lacks the field \"merges\"")]
    [InlineData("model.merges", "[\"ab\"]", "$.model.merges[0]")]
    [InlineData("model.merges", "[\"a b c\"]", "$.model.merges[0]")]
    [InlineData("model.merges", "[[\"a\",\"b\",\"c\"]]", "$.model.merges[0]")]
    [InlineData("model.merges", "[[\"a\"]]", "$.model.merges[0]")]
    [InlineData("model.merges", "[7]", "$.model.merges[0]")]
    [InlineData("model.merges", "[[\"a\",\"b\"],[\"a\",\"zz\"]]", "'zz', which the vocabulary lacks")]
    [InlineData("model.merges", "[[\"a\",\"q\"]]", "makes 'aq', which the vocabulary lacks")]
    [InlineData("model.merges", "[[\"a\",\"b\"],[\"a\",\"b\"]]", "a second time")]
    // Added tokens.
    [InlineData("added_tokens", "7", "$.added_tokens")]
    [InlineData("added_tokens", "[{\"id\":500,\"content\":\"\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}]", "empty content")]
    [InlineData("added_tokens", "[{\"id\":500,\"content\":\"x\"}]", "lacks the field \"single_word\"")]
    [InlineData("added_tokens", "[{\"id\":66,\"content\":\"x\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}]", "has the id 66 of the token")]
    [InlineData("added_tokens.0.id", "-3", "$.added_tokens[0]")]
    [InlineData("added_tokens.1.content", "\"<s>\"", "a second time")]
    [InlineData("added_tokens.0.surprise", "1", "unknown field \"surprise\"")]
    // Components.
    [InlineData("normalizer", "{\"type\":\"Romanize\"}", "unknown type \"Romanize\"")]
    [InlineData("normalizer", "{\"type\":\"NFC\",\"extra\":1}", "unknown field \"extra\"")]
    [InlineData("normalizer", "{}", "lacks the field \"type\"")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "$.normalizer")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////wAA\"}", "does not fit")]
    [InlineData("normalizer", "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"}", "is empty")]
    [InlineData("normalizer", "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(\"},\"content\":\"x\"}", "cannot be run")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Nope\"}]}", "$.normalizer.normalizers[1]")]
    [InlineData("pre_tokenizer", "{\"type\":\"UnicodeScripts\"}", "UnicodeScripts")]
    [InlineData("pre_tokenizer", "{\"type\":\"FixedLength\",\"length\":0}", "length 0")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a&&b]\"},\"behavior\":\"Isolated\",\"invert\":false}", "intersection")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[[:alpha:]]\"},\"behavior\":\"Isolated\",\"invert\":false}", "class within a class")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Sideways\",\"invert\":false}", "'Sideways' for \"behavior\"")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"ab\"}", "one character")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"add_prefix_space\":false,\"prepend_scheme\":\"always\"}", "keep one")]
    [InlineData("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<x>\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}", "'<x>', which special_tokens lacks")]
    [InlineData("post_processor", "{\"type\":\"BertProcessing\",\"sep\":[\"x\"],\"cls\":[\"y\",1]}", "a token and its id")]
    [InlineData("post_processor", "{\"type\":\"BertProcessing\",\"sep\":[\"x\",99999],\"cls\":[\"y\",1]}", "99999")]
    [InlineData("post_processor", "{\"type\":\"Sequence\",\"processors\":[{\"type\":\"BertProcessing\",\"sep\":[\"x\",1],\"cls\":[\"y\",1]},{\"type\":\"BertProcessing\",\"sep\":[\"x\",1],\"cls\":[\"y\",1]}]}", "keep one")]
    [InlineData("decoder", "{\"type\":\"Enigma\"}", "unknown type \"Enigma\"")]
    [InlineData("decoder", "[]", "$.decoder")]
    [InlineData("truncation", "{\"max_length\":-1,\"stride\":0,\"strategy\":\"OnlyFirst\"}", "max_length")]
    [InlineData("padding", "{\"strategy\":\"Most\",\"direction\":\"Left\",\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}", "strategy")]
    public void A_part_that_cannot_be_used_is_named(string place, string? value, string message)
    {
        JsonNode root = JsonNode.Parse(VectorTokenizers.Json("gpt2"))!;
        Set(root, place.Split('.'), value);
        Refused(Encoding.UTF8.GetBytes(root.ToJsonString()), message);
    }

    [Theory]
    [InlineData("unigram", "model.vocab", "[[\"a\"]]", "$.model.vocab[0]")]
    [InlineData("unigram", "model.vocab", "[[\"a\",1],[\"a\",2]]", "two ids")]
    [InlineData("unigram", "model.vocab", "[[\"a\",\"b\"]]", "no finite score")]
    [InlineData("unigram", "model.vocab", "[[\"a\",1,2]]", "more than a token and its score")]
    [InlineData("unigram", "model.unk_id", "5000", "$.model")]
    [InlineData("bert", "model.unk_token", "\"[NO]\"", "[NO]")]
    [InlineData("bert", "model.max_input_chars_per_word", null, "max_input_chars_per_word")]
    [InlineData("pre-digits", "model.unk_token", "\"nope\"", "nope")]
    [InlineData("llama2", "model.unk_token", "\"nope\"", "nope")]
    public void A_model_that_cannot_be_used_is_named(string name, string place, string? value, string message)
    {
        JsonNode root = JsonNode.Parse(VectorTokenizers.Json(name))!;
        Set(root, place.Split('.'), value);
        Refused(Encoding.UTF8.GetBytes(root.ToJsonString()), message);
    }

    [Fact]
    public void Damaged_files_are_told_from_wrong_ones()
    {
        byte[] json = Encoding.UTF8.GetBytes(VectorTokenizers.Json("llama3"));
        for (int length = 0; length < json.Length; length += 1 + length / 50)
            Refused(json[..length], "t.json");
        Refused("null"u8.ToArray(), "no tokenizer.json");
        Refused([0x7B, 0xFF, 0x7D], "not UTF-8");
        Refused([.. json, (byte)'x'], "not valid JSON");
        Refused(Encoding.UTF8.GetBytes("{\"version\":\"1.0\",\"version\":\"1.0\"}"), "twice");
        Refused(Encoding.UTF8.GetBytes("{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"a\":1}}}"), "twice");
        Refused(Encoding.UTF8.GetBytes("{\"model\":{\"type\":\"WordLevel\",\"type\":\"WordLevel\"}}"), "twice");
        Refused(Encoding.UTF8.GetBytes("{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"\\ud800\",\"vocab\":{\"a\":0}}}"), "Unicode");
        Refused(Encoding.UTF8.GetBytes("{\"model\":" + new string('[', 5000)), "not valid JSON");
    }

    [Fact]
    public void A_byte_order_mark_and_merges_before_the_vocabulary_are_read()
    {
        JsonNode root = JsonNode.Parse(VectorTokenizers.Json("gpt2"))!;
        JsonObject model = root["model"]!.AsObject();
        JsonNode vocabulary = model["vocab"]!.DeepClone();
        model.Remove("vocab");
        model.Add("vocab", vocabulary);
        byte[] json = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(root.ToJsonString())];
        Assert.Equal(VectorTokenizers.Get("gpt2").Encode("the end"), Tokenizer.FromJson(json).Encode("the end"));
    }

    private static void Set(JsonNode node, string[] path, string? value)
    {
        foreach (string step in path[..^1])
            node = node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!;
        if (value is null)
            node.AsObject().Remove(path[^1]);
        else
            node[path[^1]] = JsonNode.Parse(value);
    }

    private static void Refused(byte[] json, string message)
    {
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromJson(json, "t.json"));
        Assert.StartsWith("t.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
