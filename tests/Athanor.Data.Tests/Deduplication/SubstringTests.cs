using System.Text;
using System.Text.Json;
using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Deduplication.Substrings;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Deduplication;

public sealed class SubstringTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(300, 1)]
    [InlineData(1000, 2)]
    [InlineData(1000, 3)]
    [InlineData(1000, 256)]
    [InlineData(777, 30)]
    public void Suffixes_are_in_the_order_of_a_plain_sort(int length, int alphabet)
    {
        var random = new Random(length * 31 + alphabet);
        byte[] text = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(alphabet))];
        int[] suffixes = new int[length + 1];
        SuffixArray.Build(text, suffixes);
        int[] expected = [.. Enumerable.Range(0, length + 1)];
        Array.Sort(expected, (a, b) => text.AsSpan(a).SequenceCompareTo(text.AsSpan(b)));
        Assert.Equal(expected, suffixes);
    }

    [Theory]
    [InlineData(2L << 20)]
    [InlineData(24_000L)]
    [InlineData(18_000L)]
    public void Parts_give_the_groups_that_a_search_finds_whatever_the_memory(long memory)
    {
        const int Compared = 20;
        var random = new Random(7);
        string[] pieces = [.. Enumerable.Range(0, 30).Select(_ => string.Concat(Enumerable.Range(0, random.Next(5, 60)).Select(_ => "ab\u00e9\u4E2D"[random.Next(4)])))];
        byte[] text = [.. Enumerable.Range(0, 200).SelectMany(_ => (byte[])[.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4).Select(_ => pieces[random.Next(pieces.Length)] + $"{random.Next(100)}"))), SuffixParts.Separator])];
        File.WriteAllBytes(_folder["text"], text);
        using var mapped = new MappedFile(_folder["text"]);
        using var parts = new SuffixParts(mapped, _folder.FullName, Compared, memory);
        Assert.Equal(memory > 1 << 20, parts.Parts == 1);
        var found = new HashSet<string>();
        parts.Groups(places => Assert.True(found.Add(string.Join(',', places.ToArray().Order()))), _ => { }, default);
        var windows = new Dictionary<string, List<int>>();
        for (int at = 0; at + Compared <= text.Length; at++)
        {
            if (text.AsSpan(at, Compared).Contains(SuffixParts.Separator))
                continue;
            string key = Convert.ToHexString(text, at, Compared);
            if (!windows.TryGetValue(key, out List<int>? places))
                windows.Add(key, places = []);
            places.Add(at);
        }
        Assert.Equal(windows.Values.Where(places => places.Count > 1).Select(places => string.Join(',', places)).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Many_parts_stay_within_the_memory()
    {
        const long Memory = 512 << 10;
        var random = new Random(3);
        byte[] half = [.. Enumerable.Range(0, 200_000).Select(_ => (byte)('a' + random.Next(26)))];
        File.WriteAllBytes(_folder["text"], [.. half, SuffixParts.Separator, .. half, SuffixParts.Separator]);
        using var mapped = new MappedFile(_folder["text"]);
        using var parts = new SuffixParts(mapped, _folder.FullName, 100, Memory);
        long places = 0;
        parts.Groups(group => places += group.Length, _ => { }, default);
        Assert.Equal(2 * (half.Length - 99), places);
        Assert.InRange(parts.Parts, 3, 5);
        Assert.InRange(parts.PeakBytes, Memory / 2, Memory);
    }

    private static readonly string Shared = "This notice stands on every page of the site and has to be longer than a hundred bytes, which it is by now, says the lawyer.";

    [Theory]
    [InlineData("copies: all_but_one", new[] { "Alpha<{0}>Beta.", "Gamma[]Delta is quite long enough.", "An epilogue of a page:" })]
    [InlineData("copies: all", new[] { "Gamma[]Delta is quite long enough.", "An epilogue of a page:" })]
    [InlineData("min_bytes: 200", new[] { "Alpha<{0}>Beta.", "Gamma[{0}]Delta is quite long enough.", "{0}", "An epilogue of a page:{0}" })]
    public async Task Copies_are_cut_out_where_they_stand(string settings, string[] expected)
    {
        Document[] documents = [new("a", $"Alpha<{Shared}>Beta."), new("b", $"Gamma[{Shared}]Delta is quite long enough."), new("c", Shared), new("d", $"An epilogue of a page:{Shared}")];
        Artifact made = await Run(documents, settings, 2);
        Assert.Equal(expected.Select(text => text.Replace("{0}", Shared, StringComparison.Ordinal)), Texts(made));
        if (!settings.EndsWith("one", StringComparison.Ordinal))
            return;
        JsonElement span = JsonDocument.Parse(File.ReadLines(made.PathOf("spans.jsonl")).First()).RootElement.GetProperty("spans")[0];
        Assert.Equal("a", span.GetProperty("kept").GetString());
        Assert.Equal((6, Shared.Length), (span.GetProperty("start").GetInt32(), span.GetProperty("length").GetInt32()));
        Assert.StartsWith(span.GetProperty("head").GetString(), Shared, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chinese_text_is_cut_between_characters_and_short_repeats_stay()
    {
        string sentence = string.Concat(Enumerable.Range(0, 40).Select(i => (char)(0x4E00 + i))), longer = string.Concat(Enumerable.Range(0, 90).Select(i => (char)(0x5E00 + i)));
        Document[] documents = [new("a", $"\u7532{sentence}\u4E59\u4E59{longer}\u4E19"), new("b", $"\u4E01{sentence}\u620A\u4E8C\u4E09\u56DB\u4E94\u516D\u4E03\u516B\u4E5D\u5341\u7532\u4E59{longer}\u5DF1\u5E9A\u8F9B\u58EC\u7678")];
        Artifact made = await Run(documents, "", 2);
        // 40 characters are 120 bytes, but fewer than min_characters; the bytes that the neighbours of a repeat share by chance go nowhere.
        Assert.Equal([documents[0].Text, $"\u4E01{sentence}\u620A\u4E8C\u4E09\u56DB\u4E94\u516D\u4E03\u516B\u4E5D\u5341\u7532\u5DF1\u5E9A\u8F9B\u58EC\u7678"], Texts(made));
    }

    [Fact]
    public async Task Tokens_count_where_they_are_asked_for()
    {
        // Words of two letters and their blank, a token each; the shortest repeat has 60 characters, which are 20 tokens.
        string[] words = [.. Enumerable.Range(0, 400).Select(i => $"{(char)('a' + i % 20)}{(char)('a' + i / 20)}")];
        string Run(int from, int count) => string.Concat(words[from..(from + count)].Select(word => " " + word));
        string long20 = Run(0, 20), short19 = Run(40, 19);
        Document[] documents =
        [
            new("a", "\u4E2D" + Run(100, 10) + long20 + Run(120, 10) + short19), new("b", Run(140, 20) + short19 + Run(160, 10) + long20 + Run(180, 20)),
            new("c", long20 + Run(200, 15)),
        ];
        // The merges of each word are in the vocabulary, so that every word is one token whatever its place.
        _folder.Write("words.jsonl", string.Concat(Enumerable.Range(0, 50).Select(i => JsonSerializer.Serialize(new { id = $"w{i}", text = Run(0, 400) }) + "\n")));
        _folder.Write("in.jsonl", string.Concat(documents.Select(document => JsonSerializer.Serialize(new { id = document.Id, text = document.Text }) + "\n")));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              words: { use: read_jsonl, path: words.jsonl }
              read: { use: read_jsonl, path: in.jsonl }
              tokenizer: { use: train_tokenizer, from: words, vocabulary: 1200 }
              dedup: { use: dedup_substrings, from: [read, tokenizer], min_tokens: 20, min_characters: 20 }
            """);
        Assert.Equal([documents[0].Text, Run(140, 20) + short19 + Run(160, 10) + Run(180, 20), Run(200, 15)], Texts(made["dedup"]));
    }

    /// <summary>All but the first of every window that stands twice, by a dictionary; the bytes of the copy that stays are safe from its own repeats.</summary>
    [Theory]
    [InlineData("2Mi")]
    [InlineData("1Gi")]
    public async Task Marks_are_those_of_a_naive_search(string memory)
    {
        const int Least = 30;
        var random = new Random(12);
        string[] pieces = [.. Enumerable.Range(0, 40).Select(_ => string.Concat(Enumerable.Range(0, random.Next(10, 80)).Select(_ => (char)('a' + random.Next(26)))))];
        Document[] documents = [.. Enumerable.Range(0, 120).Select(i => new Document($"{i}", string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => pieces[random.Next(40)] + (char)('A' + random.Next(26))))))];
        var contents = new HashSet<string>();
        foreach (int workers in new[] { 1, 2, 7 })
        {
            Artifact made = await Run(documents, $"min_bytes: {Least}, min_characters: 1, min_left: 1, memory: {memory}", workers);
            contents.Add(made.Manifest.Content);
            Assert.Equal(Naive(documents, Least), Texts(made));
        }
        Assert.Single(contents);
    }

    private static IEnumerable<string> Naive(Document[] documents, int least)
    {
        var first = new Dictionary<string, (int Document, int At)>();
        for (int d = 0; d < documents.Length; d++)
        {
            string text = documents[d].Text;
            var gone = new bool[text.Length];
            for (int at = 0; at + least <= text.Length; at++)
            {
                string window = text.Substring(at, least);
                if (first.TryAdd(window, (d, at)))
                    continue;
                int from = first[window].Document == d ? Math.Max(at, first[window].At + least) : at;
                for (int i = from; i < at + least; i++)
                    gone[i] = true;
            }
            string left = string.Concat(text.Where((_, i) => !gone[i]));
            if (left.Length > 0)
                yield return left;
        }
    }

    private async Task<Artifact> Run(IEnumerable<Document> documents, string settings, int workers)
    {
        Corpus.Write(_folder, "in/documents.jsonl", documents);
        return (await DataRecipe.Run(_folder, $$"""
            data: { workers: {{workers}} }
            stages:
              read: { use: read_jsonl, path: in/documents.jsonl }
              dedup: { use: dedup_substrings, from: read, {{settings}} }
            """, $"runs{Guid.NewGuid():N}"))["dedup"];
    }

    private static string[] Texts(Artifact made) => [.. DocumentFile.Read(made.PathOf("documents.jsonl")).Select(document => document.Text)];
}
