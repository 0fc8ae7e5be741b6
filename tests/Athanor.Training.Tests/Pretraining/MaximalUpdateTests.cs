using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Planning;
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
        var settings = new CoordinateSettings { Widths = [32, 64, 128, 256] };
        IReadOnlyList<Coordinate> maximal = CoordinateCheck.Measure(settings, new MaximalUpdate { BaseWidth = 32 }), standard = CoordinateCheck.Measure(settings, null);
        Assert.True(CoordinateCheck.Passes(maximal), string.Join(", ", maximal.Select(place => $"{place.Name} {place.Exponent:F2}")));
        Assert.False(CoordinateCheck.Passes(standard));
        Assert.True(standard.Single(place => place.Name == "layers.1").Exponent > 1, $"{standard[2].Exponent:F2}");
        Assert.Equal(["embedding", "layers.0", "layers.1", "hidden", "logits"], maximal.Select(place => place.Name));
    }

    /// <summary>Hyperparameters of the base width: the best learning rate of a sweep stays where it is under muP and moves without it.</summary>
    [Fact]
    public void The_best_learning_rate_of_the_base_width_is_the_best_of_a_wider_model()
    {
        using TokenSource source = Corpus.Source(_folder, "t", Corpus.Documents(200));
        double[] rates = [.. Enumerable.Range(0, 7).Select(i => 0.16 / Math.Pow(2, i))];
        int Best(int width, MaximalUpdate? rule)
        {
            double[] losses = [.. rates.Select(rate => Trained(width, rate, rule, source))];
            return Array.IndexOf(losses, losses.Min());
        }
        var rule = new MaximalUpdate { BaseWidth = 32 };
        int narrow = Best(32, rule), wide = Best(128, rule), standardWide = Best(128, null);
        // At the base width both parametrizations are the same model.
        Assert.True(Math.Abs(wide - narrow) <= 1, $"Under muP the best rate moves from 0.16/2^{narrow} to 0.16/2^{wide}.");
        Assert.True(standardWide - narrow >= 2, $"Without muP it moves only from 0.16/2^{narrow} to 0.16/2^{standardWide}.");
    }

    private static double Trained(int width, double rate, MaximalUpdate? rule, TokenSource source)
    {
        ModelConfig config = Tiny.Config with { Width = width, Heads = width / 16, FeedForwardWidth = 2 * width, TieEmbeddings = false };
        config = rule?.Apply(config) ?? config;
        var initial = new InitialValues(Seed: 1, ZeroHead: true);
        using var model = new Decoder(Device.Default, config, DType.F32, rule?.Apply(initial, config) ?? initial);
        using var trainer = new Trainer(model, new TrainerSettings { Steps = 30, LearningRate = rate, Schedule = new ConstantSchedule(), MaximalUpdate = rule, SkipDeviations = 0 });
        var packer = new RowPacker(new Mixture([source], seed: 2), Corpus.Frame);
        Batch batch = packer.NewBatch();
        double loss = 0;
        for (int step = 0; step < 30; step++)
        {
            packer.Fill(batch, 8, 32);
            StepReport report = trainer.Step(batch);
            if (!report.IsFinite)
                return double.PositiveInfinity;
            loss += step >= 22 ? report.Loss : 0;
        }
        return loss;
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
}
