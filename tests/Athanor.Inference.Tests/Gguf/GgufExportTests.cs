using System.Collections.Immutable;
using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;
using Athanor.Testing;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Decoders;
using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Inference.Tests.Gguf;

public sealed class GgufExportTests : IDisposable
{
    private static readonly ModelConfig _plain = new() { VocabularySize = 300, Width = 64, Layers = 3, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 96, ContextLength = 64 };
    private static readonly int[] _ids = [1, 17, 200, 3, 3, 99, 250, 42];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Models => new()
    {
        { "llama", "plain" }, { "llama", "tied" }, { "llama", "interleaved" }, { "llama", "biases" }, { "llama", "linear" }, { "llama", "yarn" }, { "llama", "llama3" }, { "llama", "wide heads" },
        { "qwen2", "qwen2" }, { "qwen3", "qwen3" }, { "qwen3", "qwen3 interleaved" }, { "granite", "granite" }, { "gemma", "gemma" }, { "olmo2", "olmo2" }, { "gpt2", "gpt2" },
    };

    internal static ModelConfig Config(string kind) => kind switch
    {
        "tied" => _plain with { TieEmbeddings = true },
        "interleaved" => _plain with { RopeInterleaved = true },
        "biases" => _plain with { QkvBias = true, AttentionOutputBias = true, FeedForwardBias = true },
        "linear" => _plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = 2 } },
        "yarn" => _plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalContextLength = 16 } },
        "llama3" => _plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = 8, OriginalContextLength = 32 } },
        "wide heads" => _plain with { HeadSize = 32 },
        "qwen2" => _plain with { Family = "qwen2", QkvBias = true },
        "qwen3" => _plain with { Family = "qwen3", QkNorm = QkNormKind.PerHead, TieEmbeddings = true },
        "qwen3 interleaved" => _plain with { Family = "athanor", QkNorm = QkNormKind.PerHead, RopeInterleaved = true },
        "granite" => _plain with { EmbeddingScale = 6, ResidualScale = 0.25f, LogitScale = 0.125f, AttentionScale = 0.1f },
        "gemma" => _plain with { FeedForward = FeedForwardKind.GeGluTanh, EmbeddingScale = 8, TieEmbeddings = true },
        "olmo2" => _plain with { Layout = BlockLayout.PostNorm, QkNorm = QkNormKind.FullWidth },
        "gpt2" => _plain with
        {
            KeyValueHeads = 4,
            Norm = NormKind.Layer,
            NormBias = true,
            FeedForward = FeedForwardKind.GeluTanh,
            Position = PositionKind.Learned,
            QkvBias = true,
            AttentionOutputBias = true,
            FeedForwardBias = true,
            TieEmbeddings = true,
        },
        _ => _plain,
    };

    // Gains and biases of their own too, so that a swap of two shows.
    internal static Decoder Build(ModelConfig config)
    {
        var decoder = new Decoder(Device.Default, config, DType.F32, new InitialValues(Seed: 5, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        var random = new Random(9);
        foreach (var parameter in decoder.Parameters.Where(parameter => parameter.Value.Shape.Rank == 1))
        {
            float[] values = parameter.Value.Value.ToArray();
            Athanor.Tensors.Safetensors.ParameterRows.Set(parameter.Value, [.. values.Select(value => value + (float)(random.NextDouble() - 0.5))]);
        }
        return decoder;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_file_gives_the_model_back(string architecture, string kind)
    {
        using Decoder model = Build(Config(kind));
        GgufExportReport report = GgufExport.Write(model, null, _folder["m.gguf"], GgufMixture.ByName("f32"));
        Assert.Equal(architecture, report.Architecture);
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        float[] expected = Greedy.Logits(model, _ids);
        double largest = expected.Max(Math.Abs);
        foreach (bool packed in (bool[])[false, true])
        {
            using Decoder read = GgufModel.Load(file, Device.Default, packed: packed);
            Assert.Equal(packed, read.PackedMatrices.Count > 0);
            float[] logits = Greedy.Logits(read, _ids);
            for (int i = 0; i < expected.Length; i++)
                Assert.InRange(Math.Abs(expected[i] - logits[i]), 0, 2e-4 * largest);
        }
    }

    [Fact]
    public void Settings_that_no_architecture_computes_are_refused_by_name()
    {
        NotSupportedException Refused(ModelConfig config) => Assert.Throws<NotSupportedException>(() => GgufExport.ArchitectureOf(config));
        Assert.Contains("ReluSquared", Refused(_plain with { FeedForward = FeedForwardKind.ReluSquared }).Message, StringComparison.Ordinal);
        Assert.Contains("LogitSoftCap", Refused(_plain with { LogitSoftCap = 30 }).Message, StringComparison.Ordinal);
        Assert.Contains("DynamicNtk", Refused(_plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.DynamicNtk, Factor = 2 } }).Message, StringComparison.Ordinal);
        Assert.Contains("ClipQkv", Refused(_plain with { ClipQkv = 8 }).Message, StringComparison.Ordinal);
        Assert.Equal("llama", GgufExport.ArchitectureOf(_plain with { SlidingWindow = 32 }));
    }

    [Fact]
    public void A_sliding_window_becomes_the_context_and_NTK_the_base()
    {
        using Decoder window = Build(_plain with { SlidingWindow = 16 });
        GgufExportReport report = GgufExport.Write(window, null, _folder["w.gguf"], GgufMixture.ByName("f32"));
        Assert.Contains(report.Notes, note => note.Contains("window of 16", StringComparison.Ordinal));
        using (GgufFile file = GgufFile.Open(_folder["w.gguf"]))
            Assert.Equal(16, GgufModel.ReadConfig(file).ContextLength);
        using Decoder bent = Build(_plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Ntk, Factor = 4 } });
        GgufExport.Write(bent, null, _folder["n.gguf"], GgufMixture.ByName("f32"));
        using GgufFile other = GgufFile.Open(_folder["n.gguf"]);
        using Decoder read = GgufModel.Load(other, Device.Default, packed: false);
        float[] expected = Greedy.Logits(bent, _ids), logits = Greedy.Logits(read, _ids);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], logits[i], 0.01f);
    }

    // The formats that the rules of llama-quantize (tensor roles, layers, row lengths) give a model of width 384 and inner width 1024.
    [Fact]
    public void Mixtures_are_those_of_llama_quantize()
    {
        ModelConfig config = _plain with { Width = 384, Layers = 6, FeedForwardWidth = 1024, TieEmbeddings = true };
        BlockFormat Of(string mixture, string name, int columns, int layer = -1, ModelConfig? other = null) => GgufMixture.ByName(mixture).FormatOf(name, columns, layer, other ?? config, "llama");
        Assert.Equal(BlockFormat.Q8_0, Of("q4_k_m", "token_embd.weight", 384));
        Assert.Equal(BlockFormat.Q6_K, Of("q4_k_m", "token_embd.weight", 512));
        Assert.Equal(BlockFormat.Q4_K, Of("q4_k_m", "token_embd.weight", 512, other: config with { TieEmbeddings = false }));
        Assert.Equal(BlockFormat.Q6_K, Of("q4_0", "output.weight", 512, other: config with { TieEmbeddings = false }));
        Assert.Equal(BlockFormat.Q8_0, Of("q8_0", "output.weight", 512, other: config with { TieEmbeddings = false }));
        Assert.Equal(BlockFormat.Q5_0, Of("q4_k_m", "blk.0.attn_q.weight", 384, 0));
        // n/8 = 0 of 6 layers: 2 and 5 by thirds, 5 also as beyond 7/8.
        BlockFormat[] down = [.. Enumerable.Range(0, 6).Select(layer => Of("q4_k_m", $"blk.{layer}.ffn_down.weight", 1024, layer))];
        Assert.Equal([BlockFormat.Q4_K, BlockFormat.Q4_K, BlockFormat.Q6_K, BlockFormat.Q4_K, BlockFormat.Q4_K, BlockFormat.Q6_K], down);
        Assert.Equal(BlockFormat.Q8_0, Of("q4_k_m", "blk.2.attn_v.weight", 384, 2));
        Assert.Equal(BlockFormat.F16, Of("q8_0", "blk.0.ffn_down.weight", 172, 0));
        // One matrix for queries, keys and values counts as values; the values of a 70B get a bit more.
        Assert.Equal([BlockFormat.Q4_K, BlockFormat.Q6_K], (BlockFormat[])[Of("q4_k_m", "blk.1.attn_qkv.weight", 512, 1), Of("q4_k_m", "blk.2.attn_qkv.weight", 512, 2)]);
        Assert.Equal([BlockFormat.Q5_K, BlockFormat.Q4_K], (BlockFormat[])[Of("q4_k_m", "blk.10.attn_v.weight", 512, 10, config with { Layers = 80 }), Of("q4_k_m", "blk.10.ffn_down.weight", 512, 10, config with { Layers = 80 })]);
        Assert.Throws<ArgumentException>(() => GgufMixture.ByName("q9"));
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_named()
    {
        using Decoder model = Build(_plain);
        Parameter parameter = model.Parameters.Single(parameter => parameter.Name == "layers.1.feed_forward.down.weight").Value;
        float[] values = parameter.Value.ToArray();
        values[100] = float.NaN;
        Athanor.Tensors.Safetensors.ParameterRows.Set(parameter, values);
        ArgumentException error = Assert.Throws<ArgumentException>(() => GgufExport.Write(model, null, _folder["m.gguf"], GgufMixture.ByName("q8_0")));
        Assert.Contains("blk.1.ffn_down.weight", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Keys_and_tensors_that_are_not_the_models_are_refused()
    {
        using Decoder model = Build(_plain);
        GgufExport.Write(model, null, _folder["m.gguf"], GgufMixture.ByName("f16"));
        byte[] bytes = File.ReadAllBytes(_folder["m.gguf"]);
        string Refused(string old, string replacement)
        {
            byte[] changed = [.. bytes];
            int at = changed.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(old));
            Assert.True(at > 0);
            System.Text.Encoding.ASCII.GetBytes(replacement).CopyTo(changed, at);
            File.WriteAllBytes(_folder["bad.gguf"], changed);
            using GgufFile file = GgufFile.Open(_folder["bad.gguf"]);
            return Assert.Throws<ModelFormatException>(() => GgufModel.Load(file, Device.Default)).Message;
        }
        Assert.Contains("'blk.1.ffn_up.weight' [96, 64] is missing", Refused("blk.1.ffn_up", "blk.1.ffn_xx"), StringComparison.Ordinal);
        Assert.Contains("'blk.1.ffn_xx.weight' has no place", Refused("blk.1.ffn_up", "blk.1.ffn_xx"), StringComparison.Ordinal);
        Assert.Contains("'llama.block_coxxx' is not implemented", Refused("llama.block_count", "llama.block_coxxx"), StringComparison.Ordinal);
        Assert.Contains("'llama.block_count' is missing", Refused("llama.block_count", "llama.block_coxxx"), StringComparison.Ordinal);
        using (GgufFile file = GgufFile.Open(_folder["m.gguf"]))
            Assert.Throws<TokenizerFormatException>(() => GgufModel.ReadTokenizer(file));
    }

    [SharedDataFact("stories260K/stories260K.bin", "stories260K/tok512.bin")]
    public void The_stories_model_writes_the_same_story_from_its_file()
    {
        using Decoder model = Llama2cFile.Load(SharedData.Path("stories260K/stories260K.bin"), Device.Default, DType.F32);
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("stories260K/tok512.bin"));
        GgufExportReport report = GgufExport.Write(model, tokenizer, _folder["stories.gguf"], GgufMixture.ByName("f32"), "stories260K");
        Assert.Empty(report.Notes);
        using GgufFile file = GgufFile.Open(_folder["stories.gguf"]);
        using Decoder read = GgufModel.Load(file, Device.Default);
        Tokenizer back = GgufModel.ReadTokenizer(file);
        const string text = "Once upon a time, there was a little girl named Lily.";
        int[] ids = back.Encode(text, EncodeOptions.AddSpecial);
        Assert.Equal(tokenizer.Encode(text, EncodeOptions.AddSpecial), ids);
        Assert.Equal(tokenizer.Decode(ids, skipSpecial: true), back.Decode(ids, skipSpecial: true));
        Assert.Equal(Greedy.Continue(model, ids, 120), Greedy.Continue(read, ids, 120));
    }

    [Fact]
    public void A_byte_level_tokenizer_comes_back_with_its_chat_template()
    {
        Tokenizer tokenizer = ByteLevel(PieceScanners.Qwen2.Pattern);
        using Decoder model = Build(_plain);
        GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName("bf16"));
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        Tokenizer read = GgufModel.ReadTokenizer(file);
        Assert.Equal("qwen2", file.GetString("tokenizer.ggml.pre"));
        Assert.Equal(300, file.GetStrings("tokenizer.ggml.tokens")!.Count);
        const string text = "the other 1234 <|end|> hello\r\n\u00E9";
        Assert.Equal(tokenizer.Encode(text, EncodeOptions.ParseSpecial), read.Encode(text, EncodeOptions.ParseSpecial));
        Assert.Equal("{{ messages }}", read.Settings.ChatTemplate);
        Assert.Equal(tokenizer.EosId, read.EosId);
    }

    [Fact]
    public void Tokenizers_that_the_keys_cannot_say_are_refused()
    {
        using Decoder model = Build(_plain);
        NotSupportedException Refused(Tokenizer tokenizer) => Assert.Throws<NotSupportedException>(() => GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName("f16")));
        Assert.Contains("nanochat", Refused(ByteLevel(PieceScanners.NanoChat.Pattern)).Message, StringComparison.Ordinal);
        Assert.Contains("cuts text", Refused(ByteLevel("[a-z]+")).Message, StringComparison.Ordinal);
        Tokenizer lower = new(ByteLevel(PieceScanners.Qwen2.Pattern).Parts with { Normalizer = new LowercaseNormalizer() });
        Assert.Contains("probe text", Refused(lower).Message, StringComparison.Ordinal);
        using Decoder small = Build(_plain with { VocabularySize = 100 });
        Assert.Contains("100 rows", Assert.Throws<NotSupportedException>(() => GgufExport.Write(small, lower, _folder["m.gguf"], GgufMixture.ByName("f16"))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    internal static Tokenizer ByteLevel(string pattern)
    {
        var tokens = Enumerable.Range(0, 256).Select(value => KeyValuePair.Create(value, (byte[])[(byte)value])).ToList();
        tokens.Add(KeyValuePair.Create(256, "th"u8.ToArray()));
        tokens.Add(KeyValuePair.Create(257, "the"u8.ToArray()));
        return new Tokenizer(new TokenizerParts
        {
            Model = ByteLevelBpe.FromMerges(new Vocabulary(tokens), [('t', 'h'), (256, 'e')]),
            PreTokenizer = new SequencePreTokenizer([new SplitPreTokenizer(pattern, isRegex: true, SplitBehavior.Isolated), new ByteLevelPreTokenizer(AddPrefixSpace: false, UseRegex: false)]),
            Decoder = new ByteLevelDecoder(),
            AddedTokens = ImmutableArray.Create(new AddedToken(258, "<|end|>")),
            Settings = new TokenizerSettings { EosToken = "<|end|>", ChatTemplate = "{{ messages }}" },
        });
    }
}
