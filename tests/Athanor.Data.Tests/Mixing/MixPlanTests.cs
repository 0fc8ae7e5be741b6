using Athanor.Data.Mixing;

namespace Athanor.Data.Tests.Mixing;

public sealed class MixPlanTests
{
    [Fact]
    public void Shares_go_like_weights() => Equal([750, 250], Targets(1000, 1, ("a", 1000, 3, 4), ("b", 1000, 1, 4)));

    [Fact]
    public void Without_a_budget_below_the_size_everything_is_taken_once() => Equal([900, 100], Targets(1000, 1, ("a", 900, 900, 4), ("b", 100, 100, 4)));

    // Sizes 900 and 100 at temperature 2: sqrt(900) : sqrt(100) = 3 : 1.
    [Fact]
    public void Temperature_raises_small_domains() => Equal([750, 250], Targets(1000, 2, ("a", 900, 900, 4), ("b", 100, 100, 4)));

    // b would be read 5 times and may be twice: a and c share the 700 that are left like 1 : 1.
    [Fact]
    public void What_a_domain_cannot_give_the_others_share() => Equal([400, 200, 400], Targets(1000, 1, ("a", 1000, 1, 4), ("b", 100, 2, 2), ("c", 1000, 1, 4)));

    // After b, c is at its limit too.
    [Fact]
    public void Limits_may_meet_one_after_another() => Equal([670, 200, 130], Targets(1000, 1, ("a", 1000, 1, 4), ("b", 100, 2, 2), ("c", 130, 1, 1)));

    [Fact]
    public void Where_all_are_at_their_limit_less_is_taken() => Equal([20, 40], Targets(1000, 1, ("a", 10, 1, 2), ("b", 10, 1, 4)));

    [Fact]
    public void Nothing_is_taken_of_what_is_empty_or_weighs_nothing() => Equal([0, 100, 0], Targets(100, 1, ("a", 0, 5, 4), ("b", 100, 1, 4), ("c", 100, 0, 4)));

    private static double[] Targets(double budget, double temperature, params (string Name, long Size, double Weight, double Repeat)[] domains) =>
        MixPlan.Targets([.. domains.Select(domain => new MixSource(domain.Name, domain.Size, domain.Size, domain.Weight, domain.Repeat))], budget, temperature);

    private static void Equal(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }
}
