using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Initialization;

public sealed class MuParametrizationTests
{
    // arXiv 2309.11568 and Cerebras' params_btlm_2p7b_2k.yaml.
    private static readonly ModelConfig Btlm = new() { Family = "btlm", VocabularySize = 50257, Width = 2560, Layers = 32, Heads = 32, FeedForwardWidth = 6826, ContextLength = 2048, Position = PositionKind.Alibi, Norm = NormKind.Layer, NormBias = true, QkvBias = true, AttentionOutputBias = true, FeedForwardBias = true, TieEmbeddings = true };

    [Fact]
    public void The_published_settings_of_BTLM_come_out()
    {
        ModelConfig config = new MuParametrization(256, 683, EmbeddingScale: 14.6f, OutputScale: 2.22f).Apply(Btlm);
        Assert.Equal(14.6f, config.EmbeddingScale);
        Assert.Equal(0.222f, config.LogitScale, 1e-6f);
        Assert.Equal(1f / 80, config.AttentionScale);
        Assert.Contains("btlm", HfCheckpoint.FamiliesFor(config));
    }

    [Fact]
    public void Every_role_has_its_row_of_the_table()
    {
        ModelConfig config = TinyModels.Llama with { Width = 64, FeedForwardWidth = 96, QkvBias = true };
        var muP = new MuParametrization(BaseWidth: 16, BaseFeedForwardWidth: 48, ZeroHead: true);
        InitialValues values = muP.Apply(new InitialValues(Deviation: 0.08f), config);
        // m = 4, m_ff = 2, 2L = 4.
        Assert.Equal(0.08f, values.DeviationOf(ParameterRole.Embedding, config));
        Assert.Equal(0.04f, values.DeviationOf(ParameterRole.Hidden, config), 1e-7f);
        Assert.Equal(0.08 / Math.Sqrt(4 * 4), values.DeviationOf(ParameterRole.Residual, config), 1e-7);
        Assert.Equal(0.08 / Math.Sqrt(4 * 2), values.DeviationOf(ParameterRole.Residual, config, feedForwardOutput: true), 1e-7);
        Assert.Equal(0f, values.DeviationOf(ParameterRole.Head, config));
        using var model = new Decoder(Device.Default, muP.Apply(config), DType.F32, values);
        foreach (ModelParameter parameter in model.Parameters)
        {
            double factor = parameter.Name.Contains("feed_forward.down.weight", StringComparison.Ordinal) ? 1 / 2.0
                : parameter.Name.EndsWith("qkv.weight", StringComparison.Ordinal) || parameter.Name.EndsWith("out.weight", StringComparison.Ordinal) || parameter.Name.EndsWith("gate_up.weight", StringComparison.Ordinal) ? 1 / 4.0 : 1;
            Assert.Equal(factor, muP.LearningRateFactor(parameter, config));
            Assert.Equal(1 / factor, muP.WeightDecayFactor(parameter, config));
        }
        Assert.Equal(1, muP.WidthMultiplier(config with { Width = 16 }));
    }

    [Fact]
    public void Activations_at_the_start_do_not_trend_with_the_width_and_do_without_it()
    {
        int[] widths = [64, 128, 256, 512];
        (double[] first, double[] last) = (Magnitudes(widths[0], muP: true), Magnitudes(widths[^1], muP: true));
        // Embedding, three blocks, hidden states; logits shrink at the start as 1/√m, which is allowed.
        for (int i = 0; i < 5; i++)
            Assert.InRange(last[i] / first[i], 0.8, 1.25);
        Assert.InRange(last[5] / first[5], 0.25, 0.5);
        (first, last) = (Magnitudes(widths[0], muP: false), Magnitudes(widths[^1], muP: false));
        Assert.True(last[3] / first[3] > 1.8, $"{first[3]} and {last[3]}");
    }

    private static double[] Magnitudes(int width, bool muP)
    {
        ModelConfig config = TinyModels.Llama with { Width = width, Heads = width / 16, KeyValueHeads = width / 16, FeedForwardWidth = 2 * width, Layers = 3 };
        var rules = new MuParametrization(64, 128);
        var values = new InitialValues(Seed: 3, Deviation: 0.25f, EmbeddingDeviation: 0.1f);
        using var model = new Decoder(Device.Default, muP ? rules.Apply(config) : config, DType.F32, muP ? rules.Apply(values, config) : values, trainable: false);
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return [.. model.Magnitudes(new DecoderInput(Tensor.From(model.Device, new Shape(2, 32), TinyModels.Ids(64)))).Select(layer => layer.Mean)];
    }
}
