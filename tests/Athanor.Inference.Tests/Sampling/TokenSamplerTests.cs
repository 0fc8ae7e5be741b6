using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;

namespace Athanor.Inference.Tests.Sampling;

public sealed class TokenSamplerTests
{
    private static readonly float[] Five = [1, 3, 2, 2.5f, -1];

    [Fact]
    public void Temperature_zero_takes_the_largest_logit_and_of_equal_ones_the_lowest_id()
    {
        var sampler = new TokenSampler(new SamplingOptions { Temperature = 0, Seed = 1 });
        Assert.Equal(2, sampler.Next([1, -4, 7, 7, 6.9f]));
        var random = new Random(4);
        for (int round = 0; round < 300; round++)
        {
            float[] logits = [.. Enumerable.Range(0, random.Next(1, 90)).Select(_ => random.Next(-3, 4) * 0.5f)];
            logits[random.Next(logits.Length)] = round % 3 == 0 ? float.NaN : float.NegativeInfinity;
            if (logits.Any(float.IsFinite))
                Assert.Equal(Array.IndexOf(logits, logits.Where(float.IsFinite).Max()), sampler.Next(logits));
        }
    }

    public static TheoryData<SamplingOptions> Shapes() => new()
    {
        new SamplingOptions(),
        new SamplingOptions { Temperature = 0.6 },
        new SamplingOptions { Temperature = 1.7 },
        new SamplingOptions { MinP = 0.1 },
        new SamplingOptions { TopK = 7, Temperature = 1.3 },
        new SamplingOptions { TopP = 0.8 },
        new SamplingOptions { TypicalP = 0.6 },
        new SamplingOptions { TopK = 100, TypicalP = 0.95, TopP = 0.9, MinP = 0.01, Temperature = 1.2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Draws_follow_the_exact_distribution_over_places_and_over_seeds(SamplingOptions options)
    {
        float[] logits = Normal(300, 5, 2);
        double[] exact = PlainSampling.Distribution(logits, options);
        const int Draws = 25_000;
        int[] places = new int[logits.Length], seeds = new int[logits.Length];
        var sampler = new TokenSampler(options with { Seed = 11 });
        for (int i = 0; i < Draws; i++)
            places[sampler.Next(logits)]++;
        for (int seed = 0; seed < Draws; seed++)
            seeds[new TokenSampler(options with { Seed = seed }).Next(logits)]++;
        Assert.InRange(ChiSquare.Excess(places, exact), -4, 4);
        Assert.InRange(ChiSquare.Excess(seeds, exact), -4, 4);
        Assert.All(Enumerable.Range(0, logits.Length).Where(i => exact[i] == 0), i => Assert.Equal(0, places[i] + seeds[i]));
    }

    [Fact]
    public void Neighbouring_places_and_neighbouring_seeds_are_independent()
    {
        var options = new SamplingOptions { Temperature = 2, Seed = 3 };
        double[] p = PlainSampling.Distribution(Five, options);
        int[] places = new int[25], seeds = new int[25];
        var sampler = new TokenSampler(options);
        for (int i = 0; i < 25_000; i++)
        {
            places[5 * sampler.Next(Five) + sampler.Next(Five)]++;
            seeds[5 * new TokenSampler(options with { Seed = 2 * i }).Next(Five) + new TokenSampler(options with { Seed = 2 * i + 1 }).Next(Five)]++;
        }
        double[] pairs = [.. p.SelectMany(first => p.Select(second => first * second))];
        Assert.InRange(ChiSquare.Excess(places, pairs), -4, 4);
        Assert.InRange(ChiSquare.Excess(seeds, pairs), -4, 4);
    }

    [Fact]
    public void The_shortcut_by_bounds_finds_what_all_numbers_computed_find()
    {
        var random = new Random(8);
        for (int round = 0; round < 400; round++)
        {
            float[] logits = Normal(random.Next(1, 3000), round, 3);
            if (round % 4 == 0)
                logits[random.Next(logits.Length)] = float.NegativeInfinity;
            double temperature = round % 5 == 0 ? 1e-3 : random.NextDouble() * 3 + 0.01;
            var sampler = new TokenSampler(new SamplingOptions { Temperature = temperature, Seed = round });
            var noise = new DrawNoise(round, 0);
            double max = logits.Max();
            int expected = Enumerable.Range(0, logits.Length).MaxBy(i => (logits[i] - max) * (1 / temperature) + noise.Gumbel(i));
            Assert.Equal(expected, sampler.Next(logits));
        }
    }

    [Fact]
    public void Bounds_are_never_below_the_numbers_and_the_wide_ones_are_bounds_too()
    {
        var noise = new DrawNoise(77, 5);
        int width = System.Numerics.Vector<float>.Count;
        for (int id = 0; id < 200_000; id += width)
        {
            System.Numerics.Vector<float> wide = noise.Bounds(id);
            for (int lane = 0; lane < width; lane++)
            {
                double number = noise.Gumbel(id + lane);
                Assert.True(number <= noise.Bound(id + lane) && number <= wide[lane] && wide[lane] < noise.Bound(id + lane) + 1, $"id {id + lane}");
            }
        }
    }

    [Fact]
    public void A_draw_depends_on_seed_and_place_and_not_on_other_draws()
    {
        float[] logits = Normal(500, 2, 1);
        var options = new SamplingOptions { Seed = 42, TopP = 0.95 };
        var plain = new TokenSampler(options);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(_ => plain.Next(logits))];
        Assert.True(tokens.Distinct().Count() > 20);
        var other = new TokenSampler(options);
        for (int i = 0; i < tokens.Length; i++)
        {
            for (int ahead = Math.Min(3, tokens.Length - 1 - i); ahead >= 0; ahead--)
                Assert.Equal(tokens[i + ahead], other.Draw(logits, ahead: ahead));
            Assert.Equal(tokens[i], other.Fork().Next(logits));
            other.Accept(tokens[i]);
        }
        Assert.Equal(tokens[0], new TokenSampler(options with { Seed = 40 }, candidate: 2).Next(logits));
        Assert.NotEqual(tokens, Enumerable.Range(0, 40).Select(_ => plain.Next(logits)));
    }

    [Fact]
    public void A_seed_that_was_not_given_is_drawn()
    {
        Assert.NotEqual(new TokenSampler(new SamplingOptions()).Seed, new TokenSampler(new SamplingOptions()).Seed);
    }

    [Fact]
    public void Penalties_and_biases_and_masks_make_the_distribution_of_their_definitions()
    {
        float[] logits = Normal(40, 9, 2);
        int[] prompt = [3, 7, 3, 12], generated = [7, 20, 20, 5];
        var options = new SamplingOptions
        {
            RepetitionPenalty = 1.4,
            PresencePenalty = 0.3,
            FrequencyPenalty = 0.25,
            LogitBias = new Dictionary<int, float> { [1] = 2, [20] = 3, [8] = float.NegativeInfinity },
            Seed = 5,
        };
        int[] counts = new int[40], masked = new int[40];
        uint[] mask = [0xF0F0_F0FF, 0b1010_0101];
        for (int i = 0; i < 20_000; i++)
        {
            var sampler = new TokenSampler(options with { Seed = i }, prompt);
            foreach (int token in generated)
                sampler.Accept(token);
            counts[sampler.Draw(logits)]++;
            masked[sampler.Draw(logits, mask, [1, 4, 6])]++;
        }
        Assert.InRange(ChiSquare.Excess(counts, PlainSampling.Distribution(logits, options, prompt, generated)), -4, 4);
        Assert.InRange(ChiSquare.Excess(masked, PlainSampling.Distribution(logits, options, prompt, generated, i => (mask[i / 32] >> i % 32 & 1) != 0 && i is not (1 or 4 or 6))), -4, 4);
    }

    [Fact]
    public void Penalties_hold_back_what_was_there()
    {
        Assert.Equal(3, new TokenSampler(new SamplingOptions { Temperature = 0, RepetitionPenalty = 2 }, [1]).Next(Five));
        var presence = new TokenSampler(new SamplingOptions { Temperature = 0, PresencePenalty = 0.8 }, [1]);
        Assert.Equal([1, 3, 1], Enumerable.Range(0, 3).Select(_ => presence.Next(Five)));
        // 3; 3 - 0.4 and 2.5; 3 - 0.8 and 2.5; 3 - 0.8 and 2.5 - 0.4: the penalty grows with each time, that of presence does not.
        var frequency = new TokenSampler(new SamplingOptions { Temperature = 0, FrequencyPenalty = 0.4 }, [1]);
        Assert.Equal([1, 1, 3, 1], Enumerable.Range(0, 4).Select(_ => frequency.Next(Five)));
    }

    [Fact]
    public void A_place_without_any_token_is_an_error_and_not_a_token()
    {
        var sampler = new TokenSampler(new SamplingOptions { Seed = 1 });
        Assert.Contains("constraint", Assert.Throws<InvalidOperationException>(() => sampler.Next(Five, [0])).Message, StringComparison.Ordinal);
        Assert.Contains("weights", Assert.Throws<InvalidOperationException>(() => sampler.Next([float.NaN, float.NaN])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => sampler.Next([float.PositiveInfinity, 0]));
        Assert.Contains("1 words for 40", Assert.Throws<ArgumentException>(() => sampler.Next(new float[40], [1])).Message, StringComparison.Ordinal);
        // A number that is none is never drawn beside others.
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal(1, sampler.Next([float.NaN, 0, float.NaN])));
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal(1, new TokenSampler(new SamplingOptions { TopP = 0.9, TypicalP = 0.9 }).Next([float.NaN, 0, float.NegativeInfinity])));
    }

    [Fact]
    public void Drawing_allocates_nothing()
    {
        float[] logits = Normal(5000, 1, 3);
        uint[] mask = [.. Enumerable.Repeat(0xFFFF_0FFFu, 157)];
        foreach (SamplingOptions options in (SamplingOptions[])[new(), new() { Temperature = 0 }, new() { TopK = 40, TopP = 0.9, TypicalP = 0.9, MinP = 0.05 }, new() { TopP = 0.99 }, new() { TypicalP = 0.9 }])
        {
            var sampler = new TokenSampler(options with { Seed = 1 });
            sampler.Draw(logits, mask);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
                sampler.Draw(logits, mask, ahead: i);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    public static TheoryData<SamplingOptions, string> Impossible() => new()
    {
        { new() { Temperature = -1 }, "Temperature is -1; give 0" },
        { new() { Temperature = double.NaN }, "Temperature" },
        { new() { TopK = -3 }, "TopK is -3" },
        { new() { TopP = 0 }, "TopP is 0; give above 0" },
        { new() { TopP = 1.5 }, "TopP is 1.5" },
        { new() { MinP = 2 }, "MinP" },
        { new() { TypicalP = -0.1 }, "TypicalP" },
        { new() { RepetitionPenalty = 0 }, "RepetitionPenalty is 0" },
        { new() { PresencePenalty = 1000 }, "PresencePenalty" },
        { new() { FrequencyPenalty = double.PositiveInfinity }, "FrequencyPenalty" },
        { new() { LogitBias = new Dictionary<int, float> { [700] = 1 } }, "700; give an id below 512" },
        { new() { LogitBias = new Dictionary<int, float> { [7] = float.NaN } }, "LogitBias is NaN" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Impossible_options_are_named(SamplingOptions options, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => options.Validate(512)).Message, StringComparison.Ordinal);

    internal static float[] Normal(int count, int seed, double deviation)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
