using Athanor.Inference.Quantization;
using Athanor.Inference.Tests.Gguf;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Tests.Quantization;

public sealed class ModelQuantizerTests : IDisposable
{
    private static readonly ModelConfig _config = new() { Family = "qwen3", VocabularySize = 64, Width = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 96, ContextLength = 64, QkNorm = QkNormKind.PerHead, TieEmbeddings = true };
    private static readonly ModelConfig _gemma = _config with { Family = "gemma", QkNorm = QkNormKind.None, FeedForward = FeedForwardKind.GeGluTanh, EmbeddingScale = 8 };

    private static readonly ModelConfig _gpt2 = _config with
    {
        Family = "gpt2",
        KeyValueHeads = 4,
        QkNorm = QkNormKind.None,
        Norm = NormKind.Layer,
        NormBias = true,
        FeedForward = FeedForwardKind.GeluTanh,
        Position = PositionKind.Learned,
        QkvBias = true,
        AttentionOutputBias = true,
        FeedForwardBias = true,
    };

    private static readonly int[] _ids = [1, 17, 30, 3, 3, 59, 50, 42];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Embeddings that bf16 holds, so that what is not quantized is stored without loss.
    private static Decoder Build(ModelConfig config, Device? device = null)
    {
        var decoder = new Decoder(device ?? Device.Default, config, DType.F32, new InitialValues(Seed: 5, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        foreach (var parameter in decoder.Parameters.Where(parameter => parameter.Part is "embedding" or "head"))
            ParameterRows.Set(parameter.Value, [.. parameter.Value.Value.ToArray().Select(value => BFloat16.ToSingle(BFloat16.FromSingle(value)))]);
        // A channel that is much louder than the others, as trained models have them.
        Parameter gain = decoder.Parameters.Single(parameter => parameter.Name == "layers.0.norm1.weight").Value;
        float[] gains = gain.Value.ToArray();
        gains[5] = 20;
        ParameterRows.Set(gain, gains);
        return decoder;
    }

    private static int[][] Texts() => [.. Enumerable.Range(0, 24).Select(seed => Enumerable.Range(0, 48).Select(i => (i * (seed + 3) + i * i * seed) % 64).ToArray())];

    private static double Error(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => (double)value * value));

    [Theory]
    [InlineData(QuantizationMethod.Int8, 8, 0.01, 0.05)]
    [InlineData(QuantizationMethod.Nf4, 4, 0.1, 0.4)]
    [InlineData(QuantizationMethod.Gptq, 4, 0.2, 0.4)]
    [InlineData(QuantizationMethod.Gptq, 8, 0.02, 0.05)]
    [InlineData(QuantizationMethod.Awq, 4, 0.15, 0.4)]
    public void A_folder_gives_back_the_model_that_the_codes_stand_for(QuantizationMethod method, int bits, double mostWeights, double mostLogits)
    {
        using Decoder original = Build(_config), model = Build(_config);
        QuantizationReport report = ModelQuantizer.Write(model, new QuantizationOptions { Method = method, Bits = bits, GroupSize = 32 }, Texts(), _folder["q"], folder => File.WriteAllText(Path.Combine(folder, "note.txt"), "beside"));
        Assert.Equal(14, report.Matrices);
        Assert.InRange(report.Error, 1e-4, mostWeights);
        Assert.True(File.Exists(_folder["q/note.txt"]));
        Assert.True(QuantizedCheckpoint.Is(_folder["q"]));
        using Decoder read = QuantizedCheckpoint.Load(_folder["q"], Device.Default);
        float[] logits = Greedy.Logits(model, _ids);
        Assert.Equal(logits, Greedy.Logits(read, _ids));
        Assert.InRange(Error(Greedy.Logits(original, _ids), logits), 1e-5, mostLogits);
    }

    // GPT-2's files hold their matrices turned and Gemma's their gains less 1; quantized matrices are stored alike in all families.
    [Theory]
    [InlineData("gpt2", QuantizationMethod.Int8)]
    [InlineData("gpt2", QuantizationMethod.Nf4)]
    [InlineData("gpt2", QuantizationMethod.Gptq)]
    [InlineData("gpt2", QuantizationMethod.Awq)]
    [InlineData("gemma", QuantizationMethod.Int8)]
    [InlineData("gemma", QuantizationMethod.Nf4)]
    [InlineData("gemma", QuantizationMethod.Gptq)]
    [InlineData("gemma", QuantizationMethod.Awq)]
    public void Families_of_other_layouts_are_quantized_alike(string family, QuantizationMethod method)
    {
        ModelConfig config = family == "gpt2" ? _gpt2 : _gemma;
        using Decoder original = Build(config), model = Build(config);
        QuantizationReport report = ModelQuantizer.Write(model, new QuantizationOptions { Method = method, GroupSize = 32 }, Texts(), _folder["q"]);
        Assert.Equal(family == "gpt2" ? 8 : 14, report.Matrices);
        using (SafetensorsSet set = SafetensorsSet.Open(_folder["q"]))
        {
            string stored = method switch { QuantizationMethod.Int8 or QuantizationMethod.Nf4 => "weight", _ => "qweight" };
            Assert.True(set.TryFind(family == "gpt2" ? $"transformer.h.1.mlp.c_fc.{stored}" : $"model.layers.1.mlp.up_proj.{stored}", out _, out SafetensorsEntry codes));
            Assert.Equal(method switch { QuantizationMethod.Int8 => [96, 64], QuantizationMethod.Nf4 => [96 * 64 / 2, 1], QuantizationMethod.Gptq => [64 / 8, 96], _ => [(long)64, 96 / 8] }, codes.Shape.ToArray());
        }
        using Decoder read = QuantizedCheckpoint.Load(_folder["q"], Device.Default);
        float[] expected = Greedy.Logits(model, _ids), logits = Greedy.Logits(read, _ids);
        // Gains less 1 lose a bit of what AWQ folded into them.
        for (int i = 0; i < logits.Length; i++)
            Assert.Equal(expected[i], logits[i], family == "gemma" && method == QuantizationMethod.Awq ? 1e-4 : 0);
        Assert.InRange(report.Error, 1e-4, method == QuantizationMethod.Int8 ? 0.01 : method == QuantizationMethod.Nf4 ? 0.1 : 0.2);
        Assert.InRange(Error(Greedy.Logits(original, _ids), logits), 1e-5, 0.6);
    }

    [Theory]
    [InlineData(QuantizationMethod.Gptq)]
    [InlineData(QuantizationMethod.Awq)]
    public void The_number_of_threads_changes_no_byte(QuantizationMethod method)
    {
        byte[] Bytes(int threads)
        {
            var device = new CpuDevice(threads: threads);
            using Decoder model = Build(_config, device);
            ModelQuantizer.Write(model, new QuantizationOptions { Method = method, GroupSize = 32 }, Texts(), _folder[$"q{threads}"]);
            return File.ReadAllBytes(_folder[$"q{threads}/model.safetensors"]);
        }
        Assert.Equal(Bytes(1), Bytes(3));
    }

    [Fact]
    public void Calibrated_methods_beat_rounding_to_nearest_on_texts_like_the_calibration()
    {
        int[][] texts = Texts();
        double Loss(QuantizationOptions options, int[][] calibration, string name)
        {
            using Decoder original = Build(_config), model = Build(_config);
            ModelQuantizer.Write(model, options, calibration, _folder[name]);
            return texts.Average(text => Error(Greedy.Logits(original, text), Greedy.Logits(model, text)));
        }
        var gptq = new QuantizationOptions { Method = QuantizationMethod.Gptq, GroupSize = 32, Symmetric = false };
        double calibrated = Loss(gptq, texts, "g"), awq = Loss(gptq with { Method = QuantizationMethod.Awq }, texts, "a");
        // A text of one token has no second moments to speak of: damping takes over and rounding is to nearest, nearly.
        double blind = Loss(gptq with { Damping = 1 }, [[1, 1]], "n");
        Assert.True(calibrated < 0.8 * blind, $"GPTQ {calibrated}, nearly to nearest {blind}.");
        Assert.True(awq < 0.95 * blind, $"AWQ {awq}, nearly to nearest {blind}.");
    }

    [Fact]
    public void NF4_without_double_quantization_stores_its_scales_as_they_are()
    {
        using Decoder model = Build(_config);
        ModelQuantizer.Write(model, new QuantizationOptions { Method = QuantizationMethod.Nf4, DoubleQuantization = false }, [], _folder["q"]);
        using (SafetensorsSet set = SafetensorsSet.Open(_folder["q"]))
        {
            Assert.True(set.TryFind("model.layers.0.mlp.down_proj.weight.absmax", out _, out SafetensorsEntry scales));
            Assert.Equal((SafetensorsType.F32, 96L * 64 / 64), (scales.Type, scales.Count));
            Assert.True(set.TryFind("model.layers.0.mlp.down_proj.weight", out _, out SafetensorsEntry codes));
            Assert.Equal([96L * 64 / 2, 1], codes.Shape.ToArray());
            Assert.True(set.TryFind("model.layers.0.mlp.down_proj.weight.quant_state.bitsandbytes__nf4", out _, out _));
        }
        using Decoder read = QuantizedCheckpoint.Load(_folder["q"], Device.Default);
        Assert.Equal(Greedy.Logits(model, _ids), Greedy.Logits(read, _ids));
    }

    [Fact]
    public void What_cannot_be_done_is_refused_before_anything_is_written()
    {
        using Decoder model = Build(_config);
        Assert.Contains("texts", Assert.Throws<ArgumentException>(() => ModelQuantizer.Write(model, new QuantizationOptions(), [], _folder["q"])).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["full"]);
        File.WriteAllText(_folder["full/x"], "");
        Assert.Throws<IOException>(() => ModelQuantizer.Write(model, new QuantizationOptions { Method = QuantizationMethod.Int8 }, [], _folder["full"]));
        Assert.Contains("multiple of 8", Assert.Throws<ArgumentException>(() => ModelQuantizer.Write(model, new QuantizationOptions { GroupSize = 12 }, Texts(), _folder["q"])).Message, StringComparison.Ordinal);
        using Decoder late = Build(_config with { Family = "olmo2", Layout = BlockLayout.PostNorm, QkNorm = QkNormKind.FullWidth, TieEmbeddings = false });
        Assert.Contains("GPTQ takes", Assert.Throws<NotSupportedException>(() => ModelQuantizer.Write(late, new QuantizationOptions { Method = QuantizationMethod.Awq }, Texts(), _folder["q"])).Message, StringComparison.Ordinal);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ModelQuantizer.Write(model, new QuantizationOptions { Method = QuantizationMethod.Int8 }, [], _folder["q"], cancellation: source.Token));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Damaged_folders_are_refused_by_the_tensor()
    {
        using Decoder model = Build(_config);
        ModelQuantizer.Write(model, new QuantizationOptions { Method = QuantizationMethod.Int8 }, [], _folder["q"]);
        string path = _folder["q/config.json"], config = File.ReadAllText(path);
        File.WriteAllText(path, config.Replace("bitsandbytes", "hqq", StringComparison.Ordinal));
        Assert.Contains("hqq", Assert.Throws<ModelFormatException>(() => QuantizedCheckpoint.Load(_folder["q"], Device.Default)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, config.Replace("\"load_in_8bit\": true", "\"load_in_8bit\": false", StringComparison.Ordinal));
        Assert.Throws<ModelFormatException>(() => QuantizedCheckpoint.Load(_folder["q"], Device.Default));
        File.WriteAllText(path, config.Replace("\"intermediate_size\": 96", "\"intermediate_size\": 64", StringComparison.Ordinal));
        Assert.Contains("mlp", Assert.Throws<ModelFormatException>(() => QuantizedCheckpoint.Load(_folder["q"], Device.Default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Perplexity_is_that_of_the_plain_definition()
    {
        using Decoder model = Build(_config);
        Perplexity measured = Perplexity.Of(model, [_ids, [5], [7, 9]]);
        double sum = 0;
        foreach (int[] row in (int[][])[_ids, [7, 9]])
        {
            float[] logits = Greedy.Logits(model, row);
            for (int i = 0; i + 1 < row.Length; i++)
            {
                double[] at = [.. logits.Skip(i * 64).Take(64).Select(value => (double)value)];
                sum -= at[row[i + 1]] - at.Max() - Math.Log(at.Sum(value => Math.Exp(value - at.Max())));
            }
        }
        Assert.Equal(8, measured.Tokens);
        Assert.Equal(sum / 8, measured.Nats, 1e-4);
    }
}
