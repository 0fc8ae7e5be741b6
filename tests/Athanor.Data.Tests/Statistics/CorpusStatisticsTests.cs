using Athanor.Data.Documents;
using Athanor.Data.Statistics;

namespace Athanor.Data.Tests.Statistics;

public sealed class CorpusStatisticsTests
{
    [Fact]
    public void A_corpus_is_counted()
    {
        Document[] documents =
        [
            new("a", "the cat sat\non the mat") { Source = "s", Metadata = new Dictionary<string, string> { ["language"] = "en", ["url"] = "https://example.org/x" } },
            new("b", "the cat sat again") { Source = "s", Metadata = new Dictionary<string, string> { ["url"] = "no url" } },
            new("c", ""),
        ];
        CorpusStatistics statistics = CorpusStatistics.Of(documents, words: 3, top: 2);
        Assert.Equal((3, 6, 22), (statistics.Words.Count, (int)statistics.Words.Max, (int)statistics.Lengths.Max));
        Assert.Equal(new Frequent("the cat sat", 2), statistics.Grams[0]);
        Assert.Equal([new Frequent("s", 2), new Frequent("(none)", 1)], statistics.Sources);
        Assert.Equal([new Frequent("example.org", 1)], statistics.Domains);
        Assert.Equal([new Frequent("en", 1)], statistics.Languages);
        Assert.Equal([new LongLine("b", 17, "the cat sat again"), new LongLine("a", 11, "the cat sat")], statistics.LongestLines);
    }

    [Fact]
    public void What_is_frequent_survives_few_counters()
    {
        var items = new FrequentItems(10);
        for (int i = 0; i < 1000; i++)
            items.Add(i % 5 == 0 ? "often" : $"{i}");
        Assert.Equal("often", items.Top(1)[0].Text);
        Assert.InRange(items.Top(1)[0].Count, 100, 200);
    }
}
