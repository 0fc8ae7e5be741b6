using Athanor.Data.Deduplication.Bloom;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Deduplication;

public sealed class BloomTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Among them the sizes at which masks go wrong: powers of two, and numbers just beside them.</summary>
    [Theory]
    [InlineData(20_000, 0.01)]
    [InlineData(20_000, 0.0001)]
    [InlineData(109_000, 0.01)]
    [InlineData(3, 0.3)]
    public void False_positives_follow_the_formula(int entries, double rate) => Check(BloomSize.For(entries, rate), entries);

    [Theory]
    [InlineData(1 << 16)]
    [InlineData((1 << 16) - 1)]
    [InlineData((1 << 16) + 1)]
    [InlineData((1 << 20) + 1024)]
    [InlineData(100_000)]
    [InlineData(65)]
    public void Every_number_of_bits_works_alike(int bits) => Check(new BloomSize(bits, 5), bits / 8);

    [Fact]
    public void Sizes_are_those_of_the_formula()
    {
        BloomSize size = BloomSize.For(1_000_000, 0.01);
        Assert.Equal(9_585_059, size.Bits);
        Assert.Equal(7, size.Probes);
        Assert.Equal(0.01, size.FalsePositives(1_000_000), 3);
        Assert.Equal(BloomSize.For(1, 0.5), BloomSize.For(0, 0.5));
    }

    private static void Check(BloomSize size, int entries)
    {
        using var filter = new BloomFilter(size);
        for (int i = 0; i < entries; i++)
            filter.Add((ulong)i);
        for (int i = 0; i < entries; i++)
            Assert.True(filter.Contains((ulong)i));
        const int Asked = 200_000;
        int found = 0;
        for (int i = 0; i < Asked; i++)
            found += filter.Contains(1UL << 40 | (uint)i) ? 1 : 0;
        double expected = Asked * size.FalsePositives(entries), allowed = 5 * Math.Sqrt(expected + 1) + expected * (entries < 100 ? 0.6 : 0.1);
        Assert.InRange(found, expected - allowed, expected + allowed);
    }

    [Theory]
    [InlineData("it's 3,141.59 e.g. caf\u00e9 x_y!", "it's|3,141.59|e.g|.|caf\u00e9|x_y|!")]
    [InlineData("\u4E2D\u6587 \u30AB\u30BF\u30AB\u30CA e\u0301t \ud83d\ude00\ud83d\ude00", "\u4E2D|\u6587|\u30AB\u30BF\u30AB\u30CA|e\u0301t|\ud83d\ude00|\ud83d\ude00")]
    [InlineData("a--b 1.a \ud83c\uddeb\ud83c\uddf7\ud83c\udde9\ud83c\uddea", "a|-|-|b|1|.|a|\ud83c\uddeb\ud83c\uddf7|\ud83c\udde9\ud83c\uddea")]
    [InlineData("\ud83d\udc69\u200d\ud83d\udcbb ok", "\ud83d\udc69\u200d\ud83d\udcbb|ok")]
    [InlineData("", "")]
    public void Words_are_bounded_as_the_annex_has_it(string text, string words)
    {
        var found = new List<(int Start, int Length)>();
        WordBounds.Each(text, found);
        Assert.Equal(words, string.Join('|', found.Select(word => text.Substring(word.Start, word.Length))));
    }

    [Fact]
    public async Task Paragraphs_that_were_there_go_and_documents_of_nothing_else_too()
    {
        string known = string.Join(' ', Enumerable.Range(0, 30).Select(i => $"known{i}")), fresh = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"fresh{i}"));
        Corpus.Write(_folder, "in/documents.jsonl", [new("a", known), new("b", $"{fresh}\n{known}\nshort tail"), new("c", known + "\n" + known), new("d", "short tail")]);
        Artifact made = (await DataRecipe.Run(_folder, Recipe("mode: ngrams")))["dedup"];
        Document[] kept = Read(made);
        // The line end belongs to the paragraph behind it; short lines are left alone.
        Assert.Equal([known, fresh + "\nshort tail", "short tail"], kept.Select(document => document.Text));
        Assert.Equal("1", made.Manifest.Notes["removed"]);
        Assert.Equal("1", made.Manifest.Notes["removed dedup_bloom/seen_ngrams"]);
        Assert.Contains("\"kept\":null", File.ReadAllText(made.PathOf("removed.jsonl")), StringComparison.Ordinal);
    }

    /// <summary>The trap of DCLM's other mode: a document's n-grams are added before its paragraphs are asked, and 98 % goes.</summary>
    [Fact]
    public async Task Text_that_is_new_stays_however_often_it_is_asked_for()
    {
        Corpus.Write(_folder, "in/documents.jsonl", Enumerable.Range(0, 200).Select(i => new Document($"{i}", string.Join('\n', Enumerable.Range(0, 5).Select(line => string.Join(' ', Enumerable.Range(0, 25).Select(word => $"w{i}x{line}x{word}")))))));
        Artifact made = (await DataRecipe.Run(_folder, Recipe("mode: ngrams")))["dedup"];
        Assert.Equal("200", made.Manifest.Notes["documents"]);
        Assert.DoesNotContain("removed_spans", made.Manifest.Notes.Keys);
    }

    [Theory]
    [InlineData("mode: document", 120)]
    [InlineData("mode: lsh, threshold: 0.7", 120)]
    [InlineData("mode: paragraph", 120)]
    public async Task Copies_go_in_one_stream_whatever_the_number_of_workers(string mode, int kept)
    {
        Document[] documents = [.. Corpus.Make(120, longest: 3000).Select((document, i) => document with { Text = $"number {i} alone " + document.Text.Replace('\n', ' ') })];
        Corpus.Write(_folder, "in/documents.jsonl", [.. documents, .. documents[..50].Select(document => document with { Id = document.Id + "-copy" })]);
        var contents = new HashSet<string>();
        foreach (int workers in new[] { 1, 2, 7 })
        {
            Artifact made = (await DataRecipe.Run(_folder, Recipe(mode, workers), $"runs{workers}"))["dedup"];
            Assert.Equal(documents[..kept].Select(document => document.Id), Read(made).Select(document => document.Id));
            Assert.Equal("50", made.Manifest.Notes["removed"]);
            contents.Add(made.Manifest.Content);
        }
        Assert.Single(contents);
    }

    [Fact]
    public async Task A_filter_that_memory_does_not_allow_is_refused_with_what_would_do()
    {
        Corpus.Write(_folder, "in/documents.jsonl", Corpus.Make(10));
        var error = await Assert.ThrowsAsync<StageException>(() => DataRecipe.Run(_folder, Recipe("mode: document, expected: 1000000, memory: 16384")));
        Assert.Contains("Raise memory", error.Message, StringComparison.Ordinal);
    }

    private static Document[] Read(Artifact made) => [.. DocumentFile.Read(made.PathOf("documents.jsonl"))];

    private static string Recipe(string settings, int workers = 2) => $$"""
        data: { workers: {{workers}} }
        stages:
          read: { use: read_jsonl, path: in/documents.jsonl }
          dedup: { use: dedup_bloom, from: read, {{settings}} }
        """;
}
