using Athanor.Data.Documents;
using Athanor.Data.Splitting;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Splitting;

public sealed class SplitRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Stopped_anywhere_it_goes_on_to_the_same_bytes(int workers)
    {
        Document[] documents = [.. Corpus.Make(1600)];
        string[] files = [Corpus.Write(_folder, "a.jsonl", documents[..900]), Corpus.Write(_folder, "b.jsonl", documents[900..])];
        var split = new HeldOutSplit(4, 0.1, "number", 0.05);
        SplitRun Begin(string folder) => new(files, split, workers, TimeSpan.Zero, _folder[folder]);
        SplitRun whole = Begin("whole"), resumed = whole;
        whole.Run(_ => { }, CancellationToken.None);
        int stops = Interrupted.UntilDone(100, attempt => 3 + attempt % 2, (_, step, stop) => (resumed = Begin("resumed")).Run(_ => step(), stop), () =>
        {
            foreach (string file in Directory.EnumerateFiles(_folder["resumed"], "*.jsonl"))
                File.AppendAllText(file, "half a line");
        });
        Assert.True(stops > 2, $"{stops} stops");
        Assert.Equal(["documents.jsonl", "val-numbers.jsonl", "val-random.jsonl"], whole.Sets.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(whole.Sets, resumed.Sets);
        Assert.Equal((1600L, 1600L), (whole.Grouped, resumed.Grouped));
        foreach (string file in whole.Sets.Keys)
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"resumed/{file}"]));
        // Each set holds the documents that the split says, in their order.
        foreach (string set in (string[])["random", "numbers"])
            Assert.Equal(documents.Where(document => split.SetOf(document) == set).Select(document => document.Id), DocumentFile.Read(_folder[$"whole/val-{set}.jsonl"]).Select(document => document.Id));
        Assert.Equal(documents.Where(document => split.SetOf(document) is null).Select(document => document.Text), DocumentFile.Read(_folder["whole/documents.jsonl"]).Select(document => document.Text));
    }
}
