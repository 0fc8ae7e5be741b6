using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests;

public sealed class DecoderTests
{
    [Theory]
    [InlineData(BlockLayout.PreNorm)]
    [InlineData(BlockLayout.PostNorm)]
    [InlineData(BlockLayout.Parallel)]
    [InlineData(BlockLayout.ParallelSharedNorm)]
    public void Recomputed_blocks_give_the_same_gradients(BlockLayout layout)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { Layout = layout, QkNorm = QkNormKind.PerHead, Layers = 3 });
        (float loss, float[] gradients) = Step(model);
        model.Recompute = true;
        (float again, float[] recomputed) = Step(model);
        Assert.Equal(loss, again, 1e-6f);
        Run.Near(gradients, recomputed, 1e-6);
    }

    [Theory]
    [InlineData(DType.F32, 0f)]
    [InlineData(DType.F32, 5f)]
    [InlineData(DType.BF16, 0f)]
    [InlineData(DType.BF16, 5f)]
    public void The_log_probabilities_that_are_reported_are_those_of_the_loss_to_the_bit(DType type, float softCap)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { LogitSoftCap = softCap, LogitScale = 0.5f, VocabularySize = 1000 }, type);
        int[] ids = TinyModels.Ids(2 * 17, 1000), targets = TinyModels.Ids(2 * 17, 1000, seed: 2);
        using StepScope scope = StepScope.Begin(model.Device);
        var shape = new Shape(2, 17);
        var input = new DecoderInput(Tensor.From(model.Device, shape, ids));
        Tensor wanted = Tensor.From(model.Device, shape, targets);
        model.Loss(input, wanted, null, default, out Tensor losses);
        float[] trained = Array.ConvertAll(losses.ToArray(), loss => -loss);
        Assert.Equal(trained, model.LogProbs(input, wanted).ToArray());
        // So does each logit on the host, less its row's log-sum.
        float[] logits = new float[ids.Length * 1000];
        var sums = new double[ids.Length];
        model.LogitRows(model.Hidden(input), logits, sums);
        Assert.Equal(trained, targets.Select((target, row) => (float)(logits[row * 1000 + target] - sums[row])));
        // The loss that computes its gradient at once adds the exponentials in another order.
        model.Loss(input, wanted, new CrossEntropyOptions { RootGradient = 1 }, default, out Tensor atOnce);
        Run.Near(trained, Array.ConvertAll(atOnce.ToArray(), loss => -loss), 1e-6);
        // Logits in hand give the same up to the order in which exponentials are added.
        if (softCap == 0)
            Run.Near(trained, model.Logits(model.Hidden(input)).LogProb(wanted).ToArray(), 1e-6);
    }

    [Fact]
    public void A_model_without_gradients_computes_the_same()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama), still = new(Device.Default, TinyModels.Llama, DType.F32, new InitialValues(Seed: 7, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false), trainable: false);
        int[] ids = TinyModels.Ids(20);
        Assert.Equal(Run.Logits(model, ids), Run.Logits(still, ids));
        Assert.All(still.Parameters, parameter => Assert.False(parameter.Value.Trainable));
    }

    [Fact]
    public void Impossible_settings_are_all_named_at_once()
    {
        string message = Assert.Throws<ArgumentException>(() => new Decoder(Device.Default, TinyModels.Llama with { Heads = 3, FeedForwardWidth = 0, Layers = 0, SlidingWindow = -1, RopeScaling = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = 0 } })).Message;
        foreach (string part in (string[])["layers", "3 query heads", "feed-forward width", "sliding window", "rope scaling factor"])
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static (float Loss, float[] Gradients) Step(Decoder model)
    {
        foreach (ModelParameter parameter in model.Parameters)
            parameter.Value.ClearGradient();
        using StepScope scope = StepScope.Begin(model.Device);
        var shape = new Shape(2, 12);
        Tensor loss = model.Loss(new DecoderInput(Tensor.From(model.Device, shape, TinyModels.Ids(24))), Tensor.From(model.Device, shape, TinyModels.Ids(24, seed: 3)));
        float value = loss.Item();
        loss.Backward();
        return (value, [.. model.Parameters.SelectMany(parameter => parameter.Value.Gradient.ToArray())]);
    }
}
