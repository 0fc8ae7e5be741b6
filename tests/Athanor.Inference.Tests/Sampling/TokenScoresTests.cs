using Athanor.Inference.Generation;
using Athanor.Inference.Sampling;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Tests.Sampling;

public sealed class TokenScoresTests
{
    [Theory]
    [InlineData(DType.F32, 0f)]
    [InlineData(DType.F32, 5f)]
    [InlineData(DType.BF16, 0f)]
    [InlineData(DType.BF16, 5f)]
    public void Scores_are_the_trainers_log_probabilities_to_the_bit(DType type, float softCap)
    {
        const int Vocabulary = 9001, Rows = 6;
        var config = new ModelConfig { VocabularySize = Vocabulary, Width = 32, Layers = 1, Heads = 4, FeedForwardWidth = 48, ContextLength = 64, LogitSoftCap = softCap, LogitScale = 0.5f };
        using Decoder model = new(Device.Default, config, type, new InitialValues(Seed: 7, Deviation: 0.2f, EmbeddingDeviation: 1, ScaleResidual: false));
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        var random = new Random(3);
        var shape = new Shape(1, Rows);
        var input = new DecoderInput(Tensor.From(model.Device, shape, [.. Enumerable.Range(0, Rows).Select(_ => random.Next(Vocabulary))]));
        var logits = new float[Rows * Vocabulary];
        var sums = new double[Rows];
        model.LogitRows(model.Hidden(input), logits, sums);
        for (int round = 0; round < 50; round++)
        {
            int[] targets = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(Vocabulary))];
            float[] trained = model.LogProbs(input, Tensor.From(model.Device, shape, targets)).ToArray();
            for (int row = 0; row < Rows; row++)
                Assert.Equal(trained[row], TokenScores.LogProb(logits.AsSpan(row * Vocabulary, Vocabulary), sums[row], targets[row]));
        }
    }

    [Fact]
    public void The_likeliest_come_first_and_equal_ones_by_id()
    {
        float[] logits = [1, 4, 2, 4, -3];
        double sum = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        ScoredToken score = TokenScores.Score(logits, sum, 2, 3);
        Assert.Equal([1, 3, 2], score.Top.Select(top => top.Token));
        Assert.Equal(score.LogProb, score.Top[2].LogProb);
        Assert.Equal(4 - sum, score.Top[0].LogProb, 1e-6);
        Assert.Equal(5, TokenScores.Score(logits, sum, 0, 20).Top.Count);
        Assert.Empty(TokenScores.Score(logits, sum, 0, 0).Top);
    }
}
