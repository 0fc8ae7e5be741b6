using System.Text;
using Athanor.Training.Sampling;

namespace Athanor.Training.Tests.Sampling;

public sealed class StopTextsTests
{
    [Fact]
    public void However_the_text_is_cut_it_ends_where_naive_code_ends_it()
    {
        var random = new Random(3);
        int found = 0;
        for (int round = 0; round < 3000; round++)
        {
            string text = Word(random, random.Next(0, 30));
            string[] stops = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Word(random, random.Next(1, 5)))];
            var scanner = new StopTexts(stops);
            var kept = new StringBuilder();
            for (int at = 0; at < text.Length;)
            {
                int length = random.Next(1, Math.Min(6, text.Length - at) + 1);
                kept.Append(scanner.Take(text.Substring(at, length)));
                at += length;
            }
            kept.Append(scanner.Rest());
            (string expected, bool stopped) = Naive(text, stops);
            Assert.Equal((expected, stopped), (kept.ToString(), scanner.Found));
            found += stopped ? 1 : 0;
        }
        Assert.InRange(found, 500, 2900);
    }

    [Fact]
    public void Only_what_may_begin_a_stop_is_held_back()
    {
        var scanner = new StopTexts(["\n\nUser:"]);
        Assert.Equal("Yes.", scanner.Take("Yes.\n"));
        Assert.Equal("\nNo", scanner.Take("No"));
        Assert.Equal("", scanner.Take("\n\nUser"));
        Assert.Equal("\n\nUsers are", scanner.Take("s are"));
        Assert.Equal(" here", scanner.Take(" here\n\nUser: hello"));
        Assert.True(scanner.Found);
        Assert.Equal("", scanner.Take("more") + scanner.Rest());
    }

    private static (string Text, bool Stopped) Naive(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            int longest = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).Select(stop => stop.Length).DefaultIfEmpty(0).Max();
            if (longest > 0)
                return (text[..(end - longest)], true);
        }
        return (text, false);
    }

    private static string Word(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));
}
