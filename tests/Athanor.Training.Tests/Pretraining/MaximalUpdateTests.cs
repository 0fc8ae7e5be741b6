using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;
using Athanor.Training.Schedules;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Pretraining;

/// <summary>The coordinate check of muP: after a few steps the logits have moved as far at every width.</summary>
public sealed class MaximalUpdateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_coordinate_check_passes_for_mup_and_fails_for_the_standard_parametrization()
    {
        double maximal = Slope(new MaximalUpdate { BaseWidth = 32 }), standard = Slope(null);
        Assert.True(Math.Abs(maximal) < 0.35, $"Under muP the logits' change grows as width^{maximal:F2}; standard: {standard:F2}.");
        Assert.True(standard > 0.5, $"Without muP it grows as width^{standard:F2} only.");
    }

    [Fact]
    public void Hidden_matrices_learn_slower_and_decay_as_before()
    {
        var rule = new MaximalUpdate { BaseWidth = 8 };
        using Decoder model = Tiny.Model(config: rule.Apply(Tiny.Config));
        Assert.Equal(0.25f, model.Config.LogitScale);
        using var trainer = new Trainer(model, Tiny.Settings with { MaximalUpdate = rule });
        foreach (var group in trainer.Optimizers.Groups.Where(group => group.WeightDecayFactor > 0))
        {
            Assert.Equal(0.25f, group.LearningRateFactor);
            Assert.Equal(4f, group.WeightDecayFactor);
        }
        Assert.Contains(trainer.Optimizers.Groups, group => group.LearningRateFactor == 1 && group.WeightDecayFactor == 0);
    }

    /// <summary>The exponent with which the mean change of the logits over four steps grows with the width, 32 to 256.</summary>
    private double Slope(MaximalUpdate? rule)
    {
        using TokenSource source = Corpus.Source(_folder, rule is null ? "s" : "m", Corpus.Documents(40));
        Batch batch = Tiny.Batch(source, 4, 32, RowFilling.Concatenate);
        return Math.Log2(Change(256, rule, batch) / Change(32, rule, batch)) / 3;
    }

    private static double Change(int width, MaximalUpdate? rule, Batch batch)
    {
        ModelConfig config = Tiny.Config with { Width = width, Heads = width / 16, FeedForwardWidth = 2 * width, TieEmbeddings = false };
        config = rule?.Apply(config) ?? config;
        var initial = new InitialValues(Seed: 1, ZeroHead: true);
        using var model = new Decoder(Device.Default, config, DType.F32, rule?.Apply(initial, config) ?? initial);
        using var trainer = new Trainer(model, new TrainerSettings { Steps = 4, LearningRate = 2e-3, Schedule = new ConstantSchedule(), Clip = 0, MaximalUpdate = rule });
        float[] before = Logits(model, batch);
        for (int step = 0; step < 4; step++)
            trainer.Step(batch);
        return Logits(model, batch).Zip(before, (x, y) => Math.Abs(x - y)).Average();
    }

    private static float[] Logits(Decoder model, Batch batch)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(batch.Rows, batch.Length), batch.Ids)))).ToArray();
    }
}
