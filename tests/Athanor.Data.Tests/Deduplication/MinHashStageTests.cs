using System.Text.Json;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Deduplication;

public sealed class MinHashStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("keep: first")]
    [InlineData("keep: longest")]
    [InlineData("mode: datatrove, keep: longest, verify: true")]
    [InlineData("mode: slimpajama")]
    [InlineData("clusters: connected, max_cluster: 3")]
    public async Task Near_copies_go_and_neither_workers_nor_memory_change_a_byte(string settings)
    {
        Document[] documents = Families(settings.Contains("slim", StringComparison.Ordinal) ? 30 : 120, 3);
        var contents = new HashSet<string>();
        foreach ((int workers, string memory) in new[] { (1, "4Mi"), (2, "1Gi"), (7, "4Mi") })
        {
            Artifact made = await Run(documents, $"{settings}, memory: {memory}", workers);
            contents.Add(made.Manifest.Content);
            if (memory == "4Mi")
                Assert.InRange(long.Parse(made.Manifest.Notes["peak_memory_bytes"], null), 1, 4 << 20);
        }
        Assert.Single(contents);
    }

    /// <summary>Every removal is checked against the similarity of the two texts, counted on strings.</summary>
    [Fact]
    public async Task What_goes_is_similar_to_what_stays_and_what_stays_is_not_similar_to_each_other()
    {
        Document[] documents = Families(150, 4);
        Artifact made = await Run(documents, "threshold: 0.7", 2);
        var texts = documents.ToDictionary(document => document.Id, document => document.Text);
        Document[] kept = Read(made);
        var keptIds = kept.Select(document => document.Id).ToHashSet();
        JsonElement[] removed = Removed(made);
        Assert.True(removed.Length > 100);
        foreach (JsonElement line in removed)
        {
            string stays = line.GetProperty("kept").GetString()!;
            Assert.Contains(stays, keptIds);
            double similarity = Similarity(texts[line.GetProperty("id").GetString()!], texts[stays]);
            Assert.Equal(similarity, line.GetProperty("value").GetDouble(), 3);
            Assert.True(similarity >= 0.7);
            Assert.Equal("near_duplicate", line.GetProperty("rule").GetString());
        }
        int missed = 0;
        for (int i = 0; i < kept.Length; i++)
        {
            for (int j = 0; j < i; j++)
                missed += Similarity(kept[i].Text, kept[j].Text) >= 0.85 ? 1 : 0;
        }
        // 14 x 8 finds 98.8 % of pairs at 0.85.
        Assert.InRange(missed, 0, removed.Length / 50);
        Assert.Equal(documents.Length, kept.Length + removed.Length);
        long total = kept.Sum(document => document.Metadata.TryGetValue("minhash_cluster_size", out string? size) ? long.Parse(size, null) : 1);
        Assert.Equal(documents.Length, total);
        Document largest = kept.MaxBy(document => document.Metadata.TryGetValue("minhash_cluster_size", out string? size) ? long.Parse(size, null) : 1)!;
        Assert.Equal($"{Rehydration.Repeat(long.Parse(largest.Metadata["minhash_cluster_size"], null))}", largest.Metadata["minhash_repeat"]);
        JsonElement cluster = JsonDocument.Parse(File.ReadLines(made.PathOf("clusters.jsonl")).First()).RootElement;
        Assert.Equal(largest.Metadata["minhash_cluster_size"], cluster.GetProperty("size").GetRawText());
        Assert.Equal(made.Manifest.Notes["largest_cluster"], cluster.GetProperty("size").GetRawText());
        Assert.Equal(cluster.GetProperty("kept").GetString(), cluster.GetProperty("members").EnumerateArray().First(member => member.GetProperty("similarity").GetDouble() == 1).GetProperty("id").GetString());
    }

    /// <summary>A hundred texts, each a little different from the one before: neighbours are alike, the ends have nothing in common.</summary>
    [Fact]
    public async Task Chains_join_when_asked_for_but_never_by_default()
    {
        string[] words = [.. Enumerable.Range(0, 700).Select(Letters)];
        Document[] chain = [.. Enumerable.Range(0, 100).Select(i => new Document($"{i}", string.Join(' ', words, i * 5, 200)))];
        Artifact connected = await Run(chain, "threshold: 0.7, clusters: connected", 2);
        Assert.Equal("1", connected.Manifest.Notes["documents"]);
        Artifact leader = await Run(chain, "threshold: 0.7", 2);
        Assert.InRange(int.Parse(leader.Manifest.Notes["documents"], null), 14, 40);
        Assert.All(Removed(leader), removed => Assert.True(removed.GetProperty("value").GetDouble() >= 0.7));
        Artifact bounded = await Run(chain, "threshold: 0.7, clusters: connected, max_cluster: 10", 2);
        Assert.InRange(int.Parse(bounded.Manifest.Notes["largest_cluster"], null), 2, 10);
        Assert.InRange(int.Parse(bounded.Manifest.Notes["documents"], null), 10, 50);
    }

    [Fact]
    public async Task The_document_stays_that_the_policy_names()
    {
        string text = string.Join(' ', Enumerable.Range(0, 200).Select(Letters));
        Document[] documents = [With("a", text, 2), With("b", text + " and a tail", 1), With("c", text + " x", 3)];
        foreach ((string keep, string kept) in new[] { ("first", "a"), ("longest", "b"), ("score, score_field: score", "c") })
        {
            Artifact made = await Run(documents, $"keep: {keep}", 2);
            Document stays = Assert.Single(Read(made));
            Assert.Equal((kept, "3", "3"), (stays.Id, stays.Metadata["minhash_cluster_size"], stays.Metadata["minhash_repeat"]));
            Assert.All(Removed(made), removed => Assert.Equal(kept, removed.GetProperty("kept").GetString()));
        }

        static Document With(string id, string text, int score) => new(id, text) { Metadata = new Dictionary<string, string> { ["score"] = $"{score}" } };
    }

    [Fact]
    public async Task A_later_corpus_is_compared_with_earlier_ones_too()
    {
        Document[] documents = Families(120, 2);
        Document[][] shares = [[.. documents.Where((_, i) => i % 3 == 0)], [.. documents.Where((_, i) => i % 3 == 1)], [.. documents.Where((_, i) => i % 3 == 2)]];
        Artifact first = await Run(shares[0], "write_index: true", 2), second = await Run(shares[1], $"write_index: true, earlier: [{{ path: {first.Folder} }}]", 2);
        Artifact third = await Run(shares[2], $"earlier: [{{ path: {first.Folder} }}, {{ path: {second.Folder} }}]", 1, "4Mi"), again = await Run(shares[2], $"earlier: [{{ path: {first.Folder} }}, {{ path: {second.Folder} }}]", 3);
        Assert.Equal(third.Manifest.Content, again.Manifest.Content);
        // One run over all in this order keeps the same documents.
        Artifact whole = await Run([.. shares[0], .. shares[1], .. shares[2]], "", 2);
        string[] kept = [.. new[] { first, second, third }.SelectMany(Read).Select(document => document.Id)];
        Assert.Equal(Read(whole).Select(document => document.Id), kept);
        Assert.Contains(Removed(third), removed => removed.TryGetProperty("note", out JsonElement note) && note.GetString() == "of an earlier corpus");
        Assert.All(Removed(third), removed => Assert.Contains(removed.GetProperty("kept").GetString(), kept));

        var error = await Assert.ThrowsAsync<StageException>(() => Run(shares[2], $"ngram: 7, earlier: [{{ path: {first.Folder} }}]", 2));
        Assert.Contains("the same settings", error.Message, StringComparison.Ordinal);
        var none = await Assert.ThrowsAsync<StageException>(() => Run(shares[2], $"earlier: [{{ path: {third.Folder} }}]", 2));
        Assert.Contains("write_index: true", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bands: 5", "belong together")]
    [InlineData("keep: score", "score_field")]
    [InlineData("earlier: [{ path: nowhere }]", "no file or folder")]
    public void Impossible_settings_are_reported_before_any_work(string settings, string says)
    {
        Corpus.Write(_folder, "in/documents.jsonl", [new("a", "b")]);
        var error = Assert.Throws<RecipeException>(() => DataRecipe.Parse(_folder, Recipe(settings, 1)));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_without_a_word_and_ids_that_repeat_do_no_harm()
    {
        Document[] documents = [new("x", ""), new("x", "..."), new("x", "one"), new("x", "one"), new("x", "\ud83d\ude00"), new("y", new string('\u4E2D', 5000))];
        Artifact made = await Run(documents, "", 2);
        Assert.Equal(["", "...", "one", "\ud83d\ude00", new string('\u4E2D', 5000)], Read(made).Select(document => document.Text));
        Assert.Equal("2", made.Manifest.Notes["too_short_for_a_signature"]);
    }

    /// <summary>Families of texts: each member is its family's text with a few words changed.</summary>
    private static Document[] Families(int families, int seed)
    {
        var random = new Random(seed);
        var documents = new List<Document>();
        for (int family = 0; family < families; family++)
        {
            string[] text = [.. Enumerable.Range(0, random.Next(60, 240)).Select(_ => Word())];
            for (int member = random.Next(1, 6); member > 0; member--)
            {
                string[] changed = [.. text];
                for (int edits = random.Next(0, 5); edits > 0; edits--)
                    changed[random.Next(changed.Length)] = Word();
                documents.Add(new Document($"{family}-{member}", string.Join(' ', changed)));
            }
        }
        Document[] all = [.. documents];
        random.Shuffle(all);
        return all;

        string Word() => string.Concat(Enumerable.Range(0, random.Next(2, 8)).Select(_ => (char)('a' + random.Next(26))));
    }

    /// <summary>A word for a number; digits would all be folded to 0.</summary>
    private static string Letters(int number) => $"w{(char)('a' + number / 26 % 26)}{(char)('a' + number % 26)}{(char)('a' + number / 676)}";

    private static double Similarity(string a, string b)
    {
        HashSet<string> x = [.. Grams(a.Split(' '))], y = [.. Grams(b.Split(' '))];
        int common = x.Count(y.Contains);
        return (double)common / (x.Count + y.Count - common);

        static IEnumerable<string> Grams(string[] words) => Enumerable.Range(0, words.Length - 4).Select(at => string.Join(' ', words, at, 5));
    }

    private async Task<Artifact> Run(IEnumerable<Document> documents, string settings, int workers, string memory = "64Mi")
    {
        Corpus.Write(_folder, "in/documents.jsonl", documents);
        string all = settings.Contains("memory", StringComparison.Ordinal) ? settings : settings + (settings.Length > 0 ? ", " : "") + $"memory: {memory}";
        return (await DataRecipe.Run(_folder, Recipe(all, workers), $"runs{Guid.NewGuid():N}"))["dedup"];
    }

    private static Document[] Read(Artifact made) => [.. DocumentFile.Read(made.PathOf("documents.jsonl"))];

    private static JsonElement[] Removed(Artifact made) => [.. File.ReadLines(made.PathOf("removed.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Recipe(string settings, int workers) => $$"""
        data: { workers: {{workers}} }
        stages:
          read: { use: read_jsonl, path: in/documents.jsonl }
          dedup: { use: dedup_minhash, from: read, {{settings}} }
        """;
}
