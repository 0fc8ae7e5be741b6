using Athanor.Data.Execution;

namespace Athanor.Data.Tests.Execution;

public sealed class SampleBoundsTests
{
    /// <summary>Workers hear of bounds late or early; the samples are those of one set that was told nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public void Samples_do_not_depend_on_when_bounds_are_told(int chunk)
    {
        var random = new Random(3);
        (string Group, double Rank, string Id)[] documents = [.. Enumerable.Range(0, 2000).Select(i => ($"group {random.Next(3)}", (double)random.Next(300), $"{i}"))];
        var plain = new SampleSet(5);
        foreach ((string group, double rank, string id) in documents)
            plain.Add(group, new Sample(rank, id, id));
        var bounds = new SampleBounds();
        var told = new SampleSet(5);
        var waiting = new Queue<SampleSet>();
        int spared = 0;
        foreach ((string, double, string)[] part in documents.Chunk(chunk))
        {
            var own = new SampleSet(5, bounds);
            foreach ((string group, double rank, string id) in part)
            {
                spared += bounds.Exclude(group, rank) ? 1 : 0;
                if (own.Takes(group, rank, id))
                    own.Add(group, new Sample(rank, id, id));
            }
            waiting.Enqueue(own);
            while (waiting.Count > random.Next(4))
            {
                told.Add(waiting.Dequeue());
                told.Tell(bounds);
            }
        }
        while (waiting.TryDequeue(out SampleSet? rest))
            told.Add(rest);
        Assert.Equal(plain.Groups.Select(group => (group.Key, string.Join(' ', group.Value.Select(sample => sample.Id)))), told.Groups.Select(group => (group.Key, string.Join(' ', group.Value.Select(sample => sample.Id)))));
        Assert.True(spared > 1000);
    }
}
