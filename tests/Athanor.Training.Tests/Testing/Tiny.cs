using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Tests.Testing;

/// <summary>A model and settings so small that a step takes a millisecond.</summary>
internal static class Tiny
{
    public static ModelConfig Config { get; } = new()
    {
        VocabularySize = Corpus.Vocabulary,
        Width = 32,
        Layers = 2,
        Heads = 2,
        FeedForwardWidth = 64,
        ContextLength = 64,
        TieEmbeddings = true,
    };

    public static TrainerSettings Settings { get; } = new() { Steps = 40, LearningRate = 5e-3, Warmup = 4, MicroTokens = 128 };

    public static Decoder Model(DType type = DType.F32, ModelConfig? config = null) => new(Device.Default, config ?? Config, type, new InitialValues(Seed: 5));

    /// <summary>One batch of documents.</summary>
    public static Batch Batch(TokenSource source, int rows, int length, RowFilling filling = RowFilling.BestFit, bool shuffle = true)
    {
        var packer = new RowPacker(new Mixture([source], seed: 3, shuffle: shuffle), Corpus.Frame, filling);
        Batch batch = packer.NewBatch();
        packer.Fill(batch, rows, length);
        return batch;
    }

    /// <summary>The gradients of a batch.</summary>
    public static float[][] Gradients(Trainer trainer, Batch batch, out double loss)
    {
        trainer.Optimizers.ClearGradients();
        loss = trainer.Accumulate(batch);
        using StepScope scope = StepScope.Begin(trainer.Model.Device, record: false);
        return [.. trainer.Model.Parameters.Select(parameter => parameter.Value.Gradient.ToArray())];
    }

    public static float[][] Weights(Decoder model)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return [.. model.Parameters.Select(parameter => parameter.Value.Value.ToArray())];
    }

    /// <summary>Every difference is within the tolerance times the largest expected magnitude of its tensor.</summary>
    public static void Near(float[][] expected, float[][] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double largest = expected[i].Max(Math.Abs), worst = expected[i].Zip(actual[i], (x, y) => Math.Abs(x - (double)y)).Max();
            Assert.True(worst <= tolerance * largest, $"Tensor {i}: the difference {worst} exceeds {tolerance} of {largest}.");
        }
    }
}
