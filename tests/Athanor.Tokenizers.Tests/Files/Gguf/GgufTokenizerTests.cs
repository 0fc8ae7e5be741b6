using System.Text;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Files.Gguf;
using Athanor.Tokenizers.Files.SentencePiece;
using Athanor.Tokenizers.Tests.Files.SentencePiece;

namespace Athanor.Tokenizers.Tests.Files.Gguf;

public class GgufTokenizerTests
{
    private sealed class Keys(string source) : Dictionary<string, object>, ITokenizerMetadata
    {
        public string Source => source;

        public string? GetString(string key) => this.GetValueOrDefault(key) as string;

        public long? GetInteger(string key) => this.GetValueOrDefault(key) as long?;

        public bool? GetBoolean(string key) => this.GetValueOrDefault(key) as bool?;

        public IReadOnlyList<byte[]>? GetStrings(string key) => this.GetValueOrDefault(key) as IReadOnlyList<byte[]>;

        public IReadOnlyList<float>? GetNumbers(string key) => this.GetValueOrDefault(key) as IReadOnlyList<float>;

        public IReadOnlyList<int>? GetIntegers(string key) => this.GetValueOrDefault(key) as IReadOnlyList<int>;
    }

    private static byte[][] Utf8(IEnumerable<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static Keys Llama(SentencePieceModel model, string source = "m.gguf") => new(source)
    {
        ["tokenizer.ggml.model"] = "llama",
        ["tokenizer.ggml.tokens"] = Enumerable.Range(0, model.Vocabulary.Count).Select(id => model.Vocabulary[id].ToArray()).ToArray(),
        ["tokenizer.ggml.scores"] = model.Scores.ToArray(),
        ["tokenizer.ggml.token_type"] = model.Kinds.Select(kind => (int)kind).ToArray(),
        ["tokenizer.ggml.bos_token_id"] = 1L,
        ["tokenizer.ggml.eos_token_id"] = 2L,
        ["tokenizer.ggml.unknown_token_id"] = 0L,
        ["tokenizer.ggml.padding_token_id"] = (long)uint.MaxValue,
        ["tokenizer.chat_template"] = "{{ messages }}",
    };

    private static Keys Gpt2(string pre, string source = "m.gguf")
    {
        string[] letters = [.. Enumerable.Range(33, 94).Select(value => ((char)value).ToString()), "\u0120", "\u010A"];
        string[] tokens = [.. letters, "he", "ll", "hell", "hello", "\u0120hello", "<|end|>", "<sep>", "[PAD]"];
        return new Keys(source)
        {
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.pre"] = pre,
            ["tokenizer.ggml.tokens"] = Utf8(tokens),
            ["tokenizer.ggml.token_type"] = (int[])[.. tokens[..^3].Select(_ => 1), 3, 4, 5],
            ["tokenizer.ggml.merges"] = Utf8(["h e", "l l", "he ll", "hell o", "\u0120 hello"]),
            ["tokenizer.ggml.bos_token_id"] = (long)tokens.Length - 3,
            ["tokenizer.ggml.eos_token_id"] = (long)tokens.Length - 3,
        };
    }

    [Fact]
    public void The_keys_of_a_Llama_give_the_tokenizer_of_its_model_file()
    {
        SentencePieceModel model = SentencePieceFile.Parse(SentencePieceFileTests.Resource("bpe.model"), "bpe");
        var expected = new Tokenizer(model.ToParts(addBos: true));
        var tokenizer = new Tokenizer(GgufTokenizer.Build(Llama(model)));
        foreach (string text in new[] { "Before we proceed any further, hear me speak.", "  \u4E2D\U0001F600 x", "</s> <0x41>", "" })
        {
            Assert.Equal(expected.Encode(text, EncodeOptions.AddSpecial), tokenizer.Encode(text, EncodeOptions.AddSpecial));
            Assert.Equal(expected.Encode(text, EncodeOptions.ParseSpecial), tokenizer.Encode(text, EncodeOptions.ParseSpecial));
        }
        Assert.Equal((1, 2, 0), (tokenizer.BosId!.Value, tokenizer.EosId!.Value, tokenizer.UnkId!.Value));
        Assert.Null(tokenizer.PadId);
        Assert.Equal("{{ messages }}", tokenizer.Settings.ChatTemplate);
        Keys bare = Llama(model);
        bare["tokenizer.ggml.add_bos_token"] = false;
        bare["tokenizer.ggml.add_space_prefix"] = false;
        Assert.Equal(new Tokenizer((model with { AddDummyPrefix = false }).ToParts()).Encode("hear", EncodeOptions.AddSpecial),
            new Tokenizer(GgufTokenizer.Build(bare)).Encode("hear", EncodeOptions.AddSpecial));
    }

    [Fact]
    public void The_keys_of_byte_level_models_give_their_tokens()
    {
        var tokenizer = new Tokenizer(GgufTokenizer.Build(Gpt2("gpt-2")));
        string[] Tokens(string text, EncodeOptions options = EncodeOptions.None) => [.. tokenizer.Encode(text, options).Select(tokenizer.GetToken)];
        Assert.Equal(["hello", "\u0120hello", "!", "\u010A"], Tokens("hello hello!\n"));
        Assert.Equal(["hello", "<sep>", "<", "|", "e", "n", "d", "|", ">"], Tokens("hello<sep><|end|>"));
        Assert.Equal(["<|end|>"], Tokens("<|end|>", EncodeOptions.ParseSpecial));
        Assert.Equal(["[", "P", "A", "D", "]"], Tokens("[PAD]"));
        Assert.Equal("[PAD]", tokenizer.GetToken(tokenizer.VocabularySize - 1));
        Assert.Equal("hello hello!", tokenizer.Decode(tokenizer.Encode("hello hello!")));
        Assert.False(((ByteLevelBpe)tokenizer.Model).IgnoreMerges);
        Tokenizer llama = new(GgufTokenizer.Build(Gpt2("llama-bpe")));
        Assert.True(((ByteLevelBpe)llama.Model).IgnoreMerges);
        Assert.Equal(llama.BosId, llama.Encode("x", EncodeOptions.AddSpecial)[0]);
        Keys lacking = Gpt2("gpt-2");
        lacking.Remove("tokenizer.ggml.pre");
        Assert.Equal(tokenizer.Encode("hello!"), new Tokenizer(GgufTokenizer.Build(lacking, pre: "gpt-2")).Encode("hello!"));
    }

    [Fact]
    public void What_is_missing_unknown_or_inconsistent_is_refused_by_its_key()
    {
        SentencePieceModel model = SentencePieceFile.Parse(SentencePieceFileTests.Resource("bpe.model"), "bpe");
        void Refused(Keys keys, string key, object? value, string problem)
        {
            keys.Remove("tokenizer.ggml." + key);
            if (value is not null)
                keys["tokenizer.ggml." + key] = value;
            TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => GgufTokenizer.Build(keys));
            Assert.Equal("m.gguf", e.SourceName);
            Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        }

        Refused(Gpt2("gpt-2"), "model", "bert", "model: is 'bert'; known are llama and gpt2");
        Refused(Gpt2("gpt-2"), "model", null, "model: is missing");
        Refused(Gpt2("gpt-2"), "pre", null, "pre: is missing");
        Refused(Gpt2("gpt-2"), "pre", "tekken", "pre: is 'tekken'; known are gpt-2");
        Refused(Gpt2("gpt-2"), "tokens", null, "tokens: is missing");
        Refused(Gpt2("gpt-2"), "tokens", Utf8([]), "tokens: is empty");
        Refused(Gpt2("gpt-2"), "token_type", new[] { 1 }, "token_type: has 1 entries");
        Refused(Gpt2("gpt-2"), "merges", null, "merges: is missing");
        Refused(Gpt2("gpt-2"), "merges", Utf8(["h e", "he"]), "merges: has 'he' at 1, which is not two tokens");
        Refused(Gpt2("gpt-2"), "merges", Utf8(["h \u00E9"]), "of which a part is no token");
        Refused(Gpt2("gpt-2"), "merges", Utf8(["h x"]), "merges: ");
        Refused(Gpt2("gpt-2"), "merges", Utf8(["h e", "h e"]), "twice");
        Refused(Gpt2("gpt-2"), "bos_token_id", 1000L, "bos_token_id: is 1000, but the ids go from 0 to");
        Refused(Llama(model), "scores", null, "scores: is missing");
        Refused(Llama(model), "scores", new float[] { 1 }, "scores: has 1 entries");
        Refused(Llama(model), "scores", Enumerable.Repeat(float.NaN, 520).ToArray(), "piece 0");
        Refused(Llama(model), "token_type", Enumerable.Repeat(9, 520).ToArray(), "unknown type 9");
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Damaged_keys_are_read_or_refused()
    {
        SentencePieceModel model = SentencePieceFile.Parse(SentencePieceFileTests.Resource("bpe.model"), "bpe");
        var random = new Random(20261121);
        Keys llama = Llama(model, "fuzz"), gpt2 = Gpt2("gpt-2", "fuzz");
        int refused = 0;
        for (int i = 0; i < 100_000; i++)
        {
            var keys = new Keys("fuzz");
            foreach ((string key, object value) in i % 20 == 0 ? llama : gpt2)
                keys[key] = value;
            for (int round = random.Next(1, 3); round > 0; round--)
                Damage(random, keys);
            try
            {
                var tokenizer = new Tokenizer(GgufTokenizer.Build(keys));
                tokenizer.Encode("hello <|end|> \u4E2D", (EncodeOptions)random.Next(4));
            }
            catch (TokenizerFormatException e)
            {
                Assert.Equal("fuzz", e.SourceName);
                refused++;
            }
        }
        Assert.InRange(refused, 25_000, 99_000);
    }

    private static void Damage(Random random, Keys keys)
    {
        string key = keys.Keys.ElementAt(random.Next(keys.Count));
        switch (keys[key])
        {
            case byte[][] texts when texts.Length > 0:
                texts = [.. texts];
                int at = random.Next(texts.Length);
                switch (random.Next(5))
                {
                    case 0:
                        texts[at] = Mutations.Damage(random, texts[at]);
                        break;
                    case 1:
                        texts[at] = texts[random.Next(texts.Length)];
                        break;
                    case 2:
                        texts[at] = [];
                        break;
                    case 3:
                        texts = texts[..at];
                        break;
                    default:
                        (texts[at], texts[0]) = (texts[0], texts[at]);
                        break;
                }
                keys[key] = texts;
                break;
            case int[] numbers when numbers.Length > 0:
                numbers = [.. numbers];
                numbers[random.Next(numbers.Length)] = random.Next(-1, 8);
                keys[key] = random.Next(4) == 0 ? numbers[..random.Next(numbers.Length)] : numbers;
                break;
            case float[] scores when scores.Length > 0:
                scores = [.. scores];
                scores[random.Next(scores.Length)] = random.Next(3) == 0 ? float.NaN : random.Next(-500, 500);
                keys[key] = scores;
                break;
            case long:
                keys[key] = random.NextInt64(-5, 600);
                break;
            default:
                keys.Remove(key);
                break;
        }
    }
}
