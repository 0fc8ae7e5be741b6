using Athanor.Inference.Sampling;
using Athanor.Inference.Speculation;

namespace Athanor.Inference.Tests.Speculation;

public sealed class PromptLookupTests
{
    private static readonly TokenSampler Sampler = new(new SamplingOptions { Seed = 1 });

    [Fact]
    public void What_followed_the_longest_earlier_agreement_is_guessed()
    {
        // 1 2 3 occurs twice; behind 9 1 2 3 stands 7, behind 8 1 2 3 stands 5.
        Assert.Equal([7, 6, 8, 1], Guess([9, 1, 2, 3, 7, 6, 8, 1, 2, 3, 5, 4, 9, 1, 2, 3], 4));
        // Of equal agreements the latest.
        Assert.Equal([5, 4], Guess([1, 2, 3, 7, 8, 1, 2, 3, 5, 4, 6, 1, 2, 3], 2));
    }

    [Fact]
    public void A_period_goes_on()
    {
        Assert.Equal([2, 3, 1, 2, 3, 1, 2], Guess([7, 1, 2, 3, 1, 2, 3, 1], 7));
        Assert.Equal([5, 5, 5], Guess([5, 5, 5, 5], 3));
    }

    [Fact]
    public void What_never_occurred_is_not_guessed()
    {
        Assert.Empty(Guess([1, 2, 3, 4, 5], 4));
        Assert.Empty(Guess([1, 2, 3, 9, 2], 4));
        Assert.Equal([3], Guess([1, 2, 3, 9, 2], 1, shortest: 1));
        Assert.Empty(Guess([1], 4));
        Assert.Empty(Guess([1, 1], 4));
    }

    [Fact]
    public void A_text_that_grows_is_guessed_as_naive_search_guesses()
    {
        var random = new Random(5);
        for (int round = 0; round < 60; round++)
        {
            using var lookup = new PromptLookup();
            var guesses = new DraftTree();
            var text = new List<int>();
            while (text.Count < 60)
            {
                for (int i = random.Next(1, 4); i > 0; i--)
                    text.Add(random.Next(3));
                guesses.Clear();
                lookup.Propose(new SpeculationPlace { Tokens = text.ToArray(), Sampler = Sampler }, guesses, 3);
                Assert.Equal(Naive(text, 3), guesses.Tokens.ToArray());
            }
        }
    }

    [Fact]
    public void Another_text_begins_anew()
    {
        using var lookup = new PromptLookup();
        var guesses = new DraftTree();
        lookup.Propose(new SpeculationPlace { Tokens = [1, 2, 3, 1, 2], Sampler = Sampler }, guesses, 1);
        Assert.Equal([3], guesses.Tokens.ToArray());
        guesses.Clear();
        lookup.Propose(new SpeculationPlace { Tokens = [4, 1, 2], Sampler = Sampler }, guesses, 1);
        Assert.Equal(0, guesses.Count);
    }

    [Fact]
    public void A_tree_knows_its_children_and_takes_brothers_once()
    {
        var tree = new DraftTree();
        int a = tree.Add(5, DraftTree.Root), b = tree.Add(6, a), c = tree.Add(7, DraftTree.Root), d = tree.Add(6, c);
        Assert.Equal(a, tree.Add(5, DraftTree.Root));
        Assert.Equal((a, b, c, d), (tree.Child(-1, 5), tree.Child(a, 6), tree.Child(-1, 7), tree.Child(c, 6)));
        Assert.Equal((-1, -1), (tree.Child(-1, 6), tree.Child(b, 6)));
        Assert.Equal([0, 1, 0, 1], tree.Depths.ToArray());
        Assert.False(tree.IsChain);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Add(1, 4));
        tree.Clear();
        for (int i = 0; i < 40; i++)
            tree.Add(1, i - 1);
        Assert.True(tree.IsChain && tree.Count == 40);
    }

    private static int[] Guess(int[] text, int most, int shortest = 2)
    {
        using var lookup = new PromptLookup(shortest);
        var guesses = new DraftTree();
        lookup.Propose(new SpeculationPlace { Tokens = text, Sampler = Sampler }, guesses, most);
        Assert.True(guesses.IsChain);
        return guesses.Tokens.ToArray();
    }

    private static int[] Naive(List<int> text, int most)
    {
        (int end, int length) best = (-1, 1);
        // Only so many places are looked at, from the latest.
        foreach (int end in Enumerable.Range(2, Math.Max(0, text.Count - 2)).Reverse().Where(end => end < text.Count && Agreed(text, end) >= 2).Take(32))
        {
            if (Math.Min(24, Agreed(text, end)) > best.length)
                best = (end, Math.Min(24, Agreed(text, end)));
        }
        var result = new List<int>(text);
        for (int i = 0; best.end >= 0 && i < most; i++)
            result.Add(result[best.end + i]);
        return [.. result.Skip(text.Count)];
    }

    private static int Agreed(List<int> text, int end)
    {
        int length = 0;
        while (length < end && text[end - 1 - length] == text[text.Count - 1 - length])
            length++;
        return length;
    }
}
