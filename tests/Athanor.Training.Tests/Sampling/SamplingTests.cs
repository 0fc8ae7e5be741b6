using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Training.Sampling;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Sampling;

public sealed class SamplingTests
{
    private static readonly float[] Logits = [1, 3, 2, 2.5f, -1];

    [Fact]
    public void Temperature_zero_takes_the_likeliest_token_of_the_whole_text()
    {
        using Decoder model = new(Device.Default, Tiny.Config, DType.F32, new Models.Initialization.InitialValues(Seed: 3, Deviation: 0.2f, EmbeddingDeviation: 1));
        int[] text = [0, 5, 9];
        (IReadOnlyList<int> written, EndReason reason) = TextGenerator.Continue(model, text, new SamplingSettings { Temperature = 0, MaxTokens = 12 });
        Assert.Equal(EndReason.Length, reason);
        foreach (int token in written)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            float[] all = model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, text.Length), text)))).ToArray();
            float[] last = all[^Corpus.Vocabulary..];
            Assert.Equal(Array.IndexOf(last, last.Max()), token);
            text = [.. text, token];
        }
        (IReadOnlyList<int> cut, EndReason stopped) = TextGenerator.Continue(model, [0, 5, 9], new SamplingSettings { Temperature = 0, MaxTokens = 12 }, ends: [written[4]]);
        Assert.Equal(EndReason.End, stopped);
        Assert.Equal(written.TakeWhile(token => token != written[4]), cut);
    }

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        double[] weights = [.. Logits.Select(logit => Math.Exp(logit / 0.7))];
        int[] counts = Counts(new SamplingSettings { Temperature = 0.7 });
        for (int i = 0; i < 5; i++)
            Assert.Equal(weights[i] / weights.Sum(), counts[i] / 20000.0, 0.02);
    }

    [Fact]
    public void Only_the_allowed_tokens_are_drawn()
    {
        Assert.Equal([false, true, false, true, false], Counts(new SamplingSettings { Temperature = 1, TopK = 2 }).Select(count => count > 0));
        // Probabilities 0.070, 0.515, 0.189, 0.312 of e^logit over 39.0 but for the last.
        Assert.Equal([false, true, false, true, false], Counts(new SamplingSettings { Temperature = 1, TopP = 0.7 }).Select(count => count > 0));
        Assert.Equal([false, true, false, false, false], Counts(new SamplingSettings { Temperature = 1, TopP = 0.4 }).Select(count => count > 0));
        // e^(2 - 3) = 0.37 of the likeliest.
        Assert.Equal([false, true, true, true, false], Counts(new SamplingSettings { Temperature = 1, MinP = 0.36 }).Select(count => count > 0));
        Assert.Equal([false, true, false, true, false], Counts(new SamplingSettings { Temperature = 1, MinP = 0.38 }).Select(count => count > 0));
    }

    [Fact]
    public void Penalties_hold_back_what_was_there()
    {
        var settings = new SamplingSettings { Temperature = 0, RepetitionPenalty = 2 };
        Assert.Equal(3, new TokenSampler(settings, [1]).Next([.. Logits]));
        var presence = new TokenSampler(new SamplingSettings { Temperature = 0, PresencePenalty = 0.8 }, [1]);
        Assert.Equal([1, 3, 1], Enumerable.Range(0, 3).Select(_ => presence.Next([.. Logits])));
        // 3; 3 - 0.4 and 2.5; 3 - 0.8 and 2.5; 3 - 0.8 and 2.5 - 0.4: the penalty grows with each time, that of presence does not.
        var frequency = new TokenSampler(new SamplingSettings { Temperature = 0, FrequencyPenalty = 0.4 }, [1]);
        Assert.Equal([1, 1, 3, 1], Enumerable.Range(0, 4).Select(_ => frequency.Next([.. Logits])));
    }

    private static int[] Counts(SamplingSettings settings)
    {
        var sampler = new TokenSampler(settings);
        var counts = new int[5];
        for (int i = 0; i < 20000; i++)
            counts[sampler.Next([.. Logits])]++;
        return counts;
    }
}
