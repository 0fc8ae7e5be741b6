using Athanor.Inference.Quantization;
using Athanor.Inference.Tests.Gguf;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Tests.Quantization;

public sealed class AwqFoldingTests
{
    private static readonly ModelConfig _plain = new() { VocabularySize = 64, Width = 64, Layers = 2, Heads = 4, FeedForwardWidth = 96, ContextLength = 64 };

    private static ModelConfig Config(string kind) => kind switch
    {
        "shared" => _plain with { KeyValueHeads = 2, QkvBias = true },
        "one key head" => _plain with { KeyValueHeads = 1, QkNorm = QkNormKind.PerHead, HeadSize = 32, FeedForwardBias = true },
        "gelu gate" => _plain with { FeedForward = FeedForwardKind.GeGluTanh, Norm = NormKind.Layer, NormBias = true },
        "relu" => _plain with { FeedForward = FeedForwardKind.Relu, FeedForwardBias = true },
        "gelu" => _plain with { FeedForward = FeedForwardKind.GeluTanh, Norm = NormKind.Layer, NormBias = true, QkvBias = true, FeedForwardBias = true },
        "clipped" => _plain with { ClipQkv = 1.5f },
        "no gains" => _plain with { NormGain = false },
        _ => _plain,
    };

    private static Decoder Build(ModelConfig config)
    {
        var decoder = new Decoder(Device.Default, config, DType.F32, new InitialValues(Seed: 5, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        var random = new Random(9);
        foreach (var parameter in decoder.Parameters.Where(parameter => parameter.Value.Shape.Rank == 1))
            ParameterRows.Set(parameter.Value, [.. parameter.Value.Value.ToArray().Select(value => value + (float)(random.NextDouble() - 0.5))]);
        // Values and up rows of very different loudness, so that scales are worth having.
        foreach (string name in (string[])["layers.0.attention.qkv.weight", "layers.0.feed_forward.gate_up.weight", "layers.0.feed_forward.up.weight"])
        {
            if (decoder.Parameters.SingleOrDefault(parameter => parameter.Name == name) is not { } found)
                continue;
            int columns = found.Value.Shape[1];
            ParameterRows.Set(found.Value, [.. found.Value.Value.ToArray().Select((value, i) => value * (1 + 5 * (i / columns * 7 % 11 == 3 ? 1 : 0)))]);
        }
        return decoder;
    }

    [Theory]
    [InlineData("plain", "qkv", "out", "gate_up", "down")]
    [InlineData("shared", "qkv", "out", "gate_up", "down")]
    [InlineData("one key head", "qkv", "out", "gate_up", "down")]
    [InlineData("gelu gate", "qkv", "out", "gate_up", "down")]
    [InlineData("relu", "qkv", "out", "up", "down")]
    [InlineData("gelu", "qkv", "out", "up")]
    [InlineData("clipped", "qkv", "gate_up", "down")]
    [InlineData("no gains", "out", "down")]
    public void A_folded_model_computes_what_it_did(string kind, params string[] folded)
    {
        int[] ids = [1, 17, 30, 3, 3, 59, 50, 42];
        using Decoder model = Build(Config(kind));
        float[] before = Greedy.Logits(model, ids);
        Dictionary<string, float[]> weights = model.Parameters.Where(parameter => parameter.Value.Shape.Rank == 2).ToDictionary(parameter => parameter.Name, parameter => parameter.Value.Value.ToArray());
        var calibration = new Calibration(model, [.. Enumerable.Range(0, 12).Select(seed => Enumerable.Range(0, 48).Select(i => (i * (seed + 3) + i * i * seed) % 64).ToArray())]);
        new AwqFolding(model, 32, 4).Fold(0, calibration, CancellationToken.None);
        float[] after = Greedy.Logits(model, ids);
        double largest = before.Max(Math.Abs);
        for (int i = 0; i < before.Length; i++)
            Assert.InRange(Math.Abs(before[i] - after[i]), 0, 2e-5 * largest);
        // Columns of a matrix are scaled by factors of their own; rows that take the opposite have one factor.
        foreach (var parameter in model.Parameters.Where(parameter => parameter.Name.StartsWith("layers.0.", StringComparison.Ordinal) && parameter.Value.Shape.Rank == 2))
        {
            int columns = parameter.Value.Shape[1];
            float[] old = weights[parameter.Name], now = parameter.Value.Value.ToArray();
            double[] factors = [.. Enumerable.Range(0, columns).Select(i => (double)now[i] / old[i])];
            Assert.Equal(folded.Contains(parameter.Name.Split('.')[^2]), factors.Max() - factors.Min() > 1e-3);
        }
        Assert.All(model.Parameters.Where(parameter => parameter.Name.StartsWith("layers.1.", StringComparison.Ordinal) && parameter.Value.Shape.Rank == 2), parameter => Assert.Equal(weights[parameter.Name], parameter.Value.Value.ToArray()));
    }

    [Fact]
    public void Texts_side_by_side_give_the_moments_of_each_alone()
    {
        using Decoder model = Build(Config("shared"));
        int[][] texts = [[1, 2, 3, 4, 5], [9, 9, 8], [.. Enumerable.Range(0, 60)], [7, 6]];
        foreach ((string name, int columns) in (IEnumerable<(string, int)>)[("layers.0.attention.out.weight", 64), ("layers.0.feed_forward.down.weight", 96)])
        {
            double[] together = new Calibration(model, texts).Moments(0, name, columns, CancellationToken.None), alone = new double[together.Length];
            foreach (int[] text in texts)
            {
                double[] one = new Calibration(model, [text]).Moments(0, name, columns, CancellationToken.None);
                for (int i = 0; i < one.Length; i++)
                    alone[i] += one[i];
            }
            double largest = alone.Max(Math.Abs);
            for (int i = 0; i < alone.Length; i++)
                Assert.Equal(alone[i], together[i], 1e-5 * largest);
        }
        string[] names = ["layers.0.attention.out.weight", "layers.0.feed_forward.gate_up.weight"];
        float[][] all = new Calibration(model, texts).Inputs(0, names, 1000, CancellationToken.None), few = new Calibration(model, texts).Inputs(0, names, 10, CancellationToken.None);
        Assert.Equal((70 * 64, 10 * 64), (all[1].Length, few[1].Length));
        // Every seventh, across the texts.
        Assert.Equal(all[1][(63 * 64)..(64 * 64)], few[1][(9 * 64)..]);
        Assert.Equal(all[0], new Calibration(model, texts).Inputs(0, names[..1], 1000, CancellationToken.None)[0]);
    }
}
