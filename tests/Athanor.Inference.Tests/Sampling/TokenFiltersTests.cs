using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Inference.Tests.Sampling;

public sealed class TokenFiltersTests
{
    [Fact]
    public void What_the_filters_leave_is_what_their_definitions_leave()
    {
        var random = new Random(6);
        var sizes = new HashSet<int>();
        for (int round = 0; round < 1500; round++)
        {
            float[] logits = TokenSamplerTests.Normal(random.Next(1, round % 10 == 0 ? 4000 : 200), round, 0.2 + 4 * random.NextDouble());
            if (round % 6 == 0)
                logits[random.Next(logits.Length)] = float.NegativeInfinity;
            if (!logits.Any(float.IsFinite))
                continue;
            var options = new SamplingOptions
            {
                Temperature = 0.2 + 2 * random.NextDouble(),
                TopK = random.Next(2) * random.Next(1, 80),
                TypicalP = random.Next(2) == 0 ? 1 : 0.05 + 0.95 * random.NextDouble(),
                TopP = random.Next(2) == 0 ? 1 : 0.05 + 0.95 * random.NextDouble(),
                MinP = random.Next(2) * 0.3 * random.NextDouble(),
            };
            if (!TokenFilters.Order(options, logits.Length))
                continue;
            int[] left = new TokenFilters(options, logits, logits.Max(), 1 / options.Temperature, SamplerScratch.OfThread).Apply().ToArray();
            double[] exact = PlainSampling.Distribution(logits, options);
            int[] expected = [.. Enumerable.Range(0, logits.Length).Where(i => exact[i] > 0).OrderByDescending(i => logits[i]).ThenBy(i => i)];
            Assert.Equal(expected, left);
            sizes.Add(left.Length);
        }
        Assert.True(sizes.Count > 100);
    }

    [Fact]
    public void Flat_and_peaked_rows_leave_what_they_should()
    {
        float[] flat = new float[1000];
        Assert.Equal(Enumerable.Range(0, 500), Left(flat, new SamplingOptions { TopP = 0.4999 }));
        Assert.Equal(Enumerable.Range(0, 500), Left(flat, new SamplingOptions { TypicalP = 0.4999 }));
        Assert.Equal(Enumerable.Range(0, 3), Left(flat, new SamplingOptions { TopK = 3 }));
        flat[77] = 100;
        Assert.Equal([77], Left(flat, new SamplingOptions { TopP = 0.999999 }));
        Assert.Equal([77], Left(flat, new SamplingOptions { TypicalP = 0.5 }));
        Assert.Equal([77], Left(flat, new SamplingOptions { TopK = 50, MinP = 0.01 }));
    }

    [Fact]
    public void Selected_are_the_first_of_a_sort()
    {
        // Few distinct values, so that ties are many; several fills of the buffer.
        Prop.ForAll(Gen.Choose(0, 9000).SelectMany(size => Gen.Choose(-20, 20).ArrayOf(size)).ToArbitrary(), Gen.Choose(1, 1500).ToArbitrary(), (values, count) =>
        {
            float[] floats = [.. values.Select(value => value == 20 ? float.NaN : value == -20 ? float.NegativeInfinity : value / 2f)];
            var selection = new TokenSelection();
            int[] selected = [.. selection.Largest(floats, count).ToArray().Select(TokenSelection.Id)];
            int[] sorted = [.. Enumerable.Range(0, floats.Length).OrderBy(i => float.IsNaN(floats[i])).ThenByDescending(i => floats[i]).ThenBy(i => i).Take(count)];
            return selected.SequenceEqual(sorted);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_smallest_number_goes_before_what_is_none()
    {
        var selection = new TokenSelection();
        float[] values = [float.NaN, 1, float.NaN, float.NegativeInfinity, float.NegativeInfinity];
        Assert.Equal([1, 3, 4], selection.Largest(values, 3).ToArray().Select(TokenSelection.Id));
    }

    private static int[] Left(float[] logits, SamplingOptions options) => new TokenFilters(options, logits, logits.Max(), 1 / options.Temperature, SamplerScratch.OfThread).Apply().ToArray();
}
