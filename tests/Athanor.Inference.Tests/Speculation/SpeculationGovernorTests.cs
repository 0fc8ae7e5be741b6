using Athanor.Inference.Speculation;

namespace Athanor.Inference.Tests.Speculation;

public sealed class SpeculationGovernorTests
{
    // A step reads the weights once (1), each guessed place costs a little; a guess is right with the probability a.
    private static double Seconds(int depth, double cost) => 0.01 * (1 + depth * cost);

    [Theory]
    [InlineData(0.9, 0.02, 8, 12)]
    [InlineData(0.7, 0.1, 2, 6)]
    [InlineData(0.3, 0.4, 0, 0)]
    [InlineData(0.0, 0.05, 0, 0)]
    public void The_depth_goes_to_where_tokens_come_fastest(double right, double cost, int least, int most)
    {
        var governor = new SpeculationGovernor(12);
        int[] last = Run(governor, right, cost, 4000, seed: 3)[^500..];
        int usual = last.GroupBy(depth => depth).MaxBy(group => group.Count())!.Key;
        Assert.InRange(usual, least, most);
        Assert.True(last.Count(depth => depth == usual) > 400);
        // Of all depths none is faster by more than the noise.
        double best = Enumerable.Range(0, 13).Max(depth => Rate(depth, right, cost));
        Assert.True(Rate(usual, right, cost) > 0.85 * best, $"depth {usual}");
    }

    [Fact]
    public void What_loses_is_off_within_a_few_dozen_steps_and_rarely_tried_again()
    {
        var governor = new SpeculationGovernor(8);
        int[] depths = Run(governor, 0.05, 0.3, 3000, seed: 1);
        Assert.True(depths[20..100].Count(depth => depth > 0) < 16);
        Assert.True(depths[1000..].Count(depth => depth > 0) < 100);
    }

    [Fact]
    public void What_begins_to_pay_is_taken_up_again()
    {
        var governor = new SpeculationGovernor(8);
        Run(governor, 0, 0.3, 500, seed: 1);
        Assert.Equal(0, governor.Depth(1));
        Assert.True(Run(governor, 0.95, 0.05, 2000, seed: 2)[^1] >= 4);
    }

    [Fact]
    public void Loads_have_figures_of_their_own()
    {
        var governor = new SpeculationGovernor(8);
        for (int i = 0; i < 500; i++)
        {
            int depth = governor.Depth(1), many = governor.Depth(16);
            governor.Measured(depth, [depth], Seconds(depth, 0.05));
            governor.Measured(many, new int[16], Seconds(many, 0.5));
        }
        Assert.True(governor.Depth(1) >= 6 && governor.Depth(16) == 0 && governor.Depth(20) == 0);
    }

    [Fact]
    public void The_first_step_of_another_depth_is_not_what_its_steps_take()
    {
        var governor = new SpeculationGovernor(8);
        // Guesses are right and lose a seventh; whatever follows another depth takes half as long again.
        int last = -1, guessed = 0;
        for (int i = 0; i < 2000; i++)
        {
            int depth = governor.Depth(1);
            governor.Measured(depth, [depth], 0.01 * (depth == 0 ? 1 : (1 + depth) * 1.15) * (depth == last ? 1 : 1.5));
            last = depth;
            guessed += i >= 500 && depth > 0 ? 1 : 0;
        }
        Assert.Equal(0, last);
        Assert.True(guessed < 60, $"{guessed}");
    }

    [Fact]
    public void Steps_that_the_machine_held_up_do_not_mislead_it()
    {
        var governor = new SpeculationGovernor(8);
        var random = new Random(4);
        int guessed = 0;
        for (int i = 0; i < 4000; i++)
        {
            int depth = governor.Depth(1);
            governor.Measured(depth, [depth], 0.01 * (depth == 0 ? 1 : (1 + depth) * 1.15) * (random.Next(6) == 0 ? 4 : 1));
            guessed += i >= 500 && depth > 0 ? 1 : 0;
        }
        Assert.True(guessed < 350, $"{guessed}");
    }

    private static double Rate(int depth, double right, double cost) => Enumerable.Range(0, depth + 1).Sum(i => Math.Pow(right, i)) / Seconds(depth, cost);

    private static int[] Run(SpeculationGovernor governor, double right, double cost, int steps, int seed)
    {
        var random = new Random(seed);
        var depths = new int[steps];
        for (int i = 0; i < steps; i++)
        {
            int depth = depths[i] = governor.Depth(1), accepted = 0;
            while (accepted < depth && random.NextDouble() < right)
                accepted++;
            governor.Measured(depth, [accepted], Seconds(depth, cost) * (0.95 + 0.1 * random.NextDouble()));
        }
        return depths;
    }
}
