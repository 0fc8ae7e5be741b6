using Athanor.Data.Sampling;

namespace Athanor.Data.Tests.Sampling;

public sealed class IndexPermutationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    [InlineData(65_537)]
    public void Every_element_comes_once(int count)
    {
        var order = new IndexPermutation(count, seed: 42);
        var seen = new bool[count];
        for (int i = 0; i < count; i++)
        {
            Assert.InRange(order[i], 0, count - 1);
            Assert.False(seen[order[i]]);
            seen[order[i]] = true;
        }
    }

    [Fact]
    public void Seeds_give_orders_that_have_little_in_common()
    {
        const int n = 10_000;
        IndexPermutation a = new(n, 1), b = new(n, 2);
        int fixedPoints = Enumerable.Range(0, n).Count(i => a[i] == i), common = Enumerable.Range(0, n).Count(i => a[i] == b[i]);
        // Both are Poisson with mean 1 for random permutations.
        Assert.InRange(fixedPoints, 0, 8);
        Assert.InRange(common, 0, 8);
    }

    [Fact]
    public void Places_and_elements_are_uncorrelated()
    {
        const int n = 4096;
        double sum = 0;
        var order = new IndexPermutation(n, 9);
        for (int i = 0; i < n; i++)
            sum += (i - (n - 1) / 2.0) * (order[i] - (n - 1) / 2.0);
        double correlation = sum / (n * ((double)n * n - 1) / 12);
        // Four standard deviations of a random permutation's correlation.
        Assert.InRange(correlation, -4 / Math.Sqrt(n), 4 / Math.Sqrt(n));
    }

    [Fact]
    public void Billions_of_elements_cost_nothing()
    {
        var order = new IndexPermutation(3_000_000_000_000, 5);
        Assert.InRange(order[2_999_999_999_999], 0, 2_999_999_999_999);
        Assert.NotEqual(order[0], order[1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    [InlineData(65_537)]
    public void The_place_of_an_element_is_where_it_stands(long count)
    {
        var order = new IndexPermutation(count, 77);
        for (long place = 0; place < count; place++)
            Assert.Equal(place, order.PlaceOf(order[place]));
        Assert.Throws<ArgumentOutOfRangeException>(() => order.PlaceOf(count));
    }
}
