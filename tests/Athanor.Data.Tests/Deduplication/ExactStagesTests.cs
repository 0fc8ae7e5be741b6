using System.Text.Json;
using Athanor.Data.Deduplication;
using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Deduplication;

public sealed class ExactStagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Equal_texts_go_but_the_first_and_workers_and_memory_change_nothing()
    {
        Document[] documents = [.. Corpus.Make(400, longest: 60)];
        Document[] all = [.. documents, .. documents.Where((_, i) => i % 3 == 0).Select(document => document with { Id = document.Id + "-copy" })];
        var contents = new HashSet<string>();
        foreach ((int workers, string memory) in new[] { (1, "4194304"), (2, "256Mi"), (7, "4194304") })
        {
            Artifact made = await Run(all, $"use: dedup_exact, memory: {memory}", workers);
            var seen = new Dictionary<string, string>();
            Assert.Equal(all.Where(document => seen.TryAdd(document.Text, document.Id)).Select(document => document.Id), Ids(made));
            foreach (JsonElement removed in Removed(made))
                Assert.Equal(seen[all.First(document => document.Id == removed.GetProperty("id").GetString()).Text], removed.GetProperty("kept").GetString());
            Assert.InRange(long.Parse(made.Manifest.Notes["peak_memory_bytes"], null), 1, 256 << 20);
            Assert.False(Directory.Exists(made.PathOf(".temporary")));
            contents.Add(made.Manifest.Content);
        }
        Assert.Single(contents);
    }

    [Fact]
    public async Task Of_equal_addresses_the_one_stays_that_the_policy_names()
    {
        Document[] documents =
        [
            Page("a", "http://x/1", "short", 3), Page("b", "http://x/1", "the longest text", 1), Page("c", "http://x/1", "the middle", 7), Page("d", null, "short", 9), Page("e", null, "short", 9), Page("f", "http://x/2", "z", null),
        ];
        foreach ((string keep, string kept) in new[] { ("first", "a"), ("longest", "b"), ("score, score_field: score", "c") })
        {
            Artifact made = await Run(documents, $"use: dedup_exact, by: url, keep: {keep}", 2);
            Assert.Equal(new[] { "a", "b", "c" }.Where(id => id == kept).Concat(["d", "e", "f"]), Ids(made));
            Assert.All(Removed(made), removed => Assert.Equal(kept, removed.GetProperty("kept").GetString()));
            Assert.Equal("same_url", Removed(made)[0].GetProperty("rule").GetString());
        }

        static Document Page(string id, string? url, string text, int? score)
        {
            var metadata = new Dictionary<string, string>();
            if (url is not null)
                metadata["url"] = url;
            if (score is not null)
                metadata["score"] = $"{score}";
            return new Document(id, text) { Metadata = metadata };
        }
    }

    [Fact]
    public void A_score_without_a_field_is_reported_before_any_work()
    {
        Corpus.Write(_folder, "in/documents.jsonl", [new("a", "b")]);
        var error = Assert.Throws<RecipeException>(() => DataRecipe.Parse(_folder, Recipe("use: dedup_exact, keep: score", 1)));
        Assert.Contains("score_field", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranks_order_scores_from_high_to_low()
    {
        double[] scores = [double.PositiveInfinity, 1e300, 7, 1.5, double.Epsilon, 0, -double.Epsilon, -2, double.NegativeInfinity];
        Assert.Equal(scores, scores.Reverse().OrderBy(KeepScores.Rank));
        Assert.Equal(KeepScores.Rank(0), KeepScores.Rank(-0.0));
    }

    [Fact]
    public async Task Lines_that_stood_before_go_with_a_note_of_where_they_stay()
    {
        Document[] documents =
        [
            new("a", "Cookie Policy!\nA first story.\n\nMore of it."),
            new("b", "cookie policy\nAnother story, caf\u00e9 42.\nMore of it."),
            new("c", "COOKIE policy\n\nanother story cafe\u0301 7"),
        ];
        Artifact made = await Run(documents, "use: dedup_lines", 2);
        Assert.Equal([documents[0].Text, "Another story, caf\u00e9 42."], Texts(made));
        JsonElement changed = JsonDocument.Parse(File.ReadLines(made.PathOf("spans.jsonl")).Single()).RootElement;
        Assert.Equal("b", changed.GetProperty("id").GetString());
        Assert.Equal([("a", 0, 14, "cookie policy\n"), ("a", 38, 11, "More of it.")], changed.GetProperty("spans").EnumerateArray()
            .Select(span => (span.GetProperty("kept").GetString(), span.GetProperty("start").GetInt32(), span.GetProperty("length").GetInt32(), span.GetProperty("head").GetString())));
        Assert.Equal("duplicate_lines_all", Removed(made).Single().GetProperty("rule").GetString());

        Assert.Equal(3, Texts(await Run(documents, "use: dedup_lines, fold: false", 2)).Length);
        Assert.Equal(documents.Select(document => document.Text), Texts(await Run(documents, "use: dedup_lines, min_length: 100", 2)));
        Assert.Equal([documents[0].Text], Texts(await Run(documents, "use: dedup_lines, min_left: 30", 2)));
    }

    /// <summary>More records than the budget holds: they go to disk and come back to the same bytes.</summary>
    [Fact]
    public async Task A_small_budget_is_kept_and_changes_nothing()
    {
        var random = new Random(2);
        Document[] documents = [.. Enumerable.Range(0, 60).Select(i => new Document($"{i}", string.Join('\n', Enumerable.Range(0, 1000).Select(_ => $"{random.Next(40_000)}"))))];
        Artifact small = await Run(documents, "use: dedup_lines, fold: false, memory: 4Mi", 2), large = await Run(documents, "use: dedup_lines, fold: false, memory: 1Gi", 2);
        Assert.Equal(large.Manifest.Content, small.Manifest.Content);
        Assert.InRange(long.Parse(small.Manifest.Notes["peak_memory_bytes"], null), 1 << 20, 4 << 20);
        Assert.True(long.Parse(small.Manifest.Notes["disk_bytes"], null) > 1 << 20);
        Assert.Equal("0", large.Manifest.Notes["disk_bytes"]);
        Assert.Equal(documents.SelectMany(document => document.Text.Split('\n')).Distinct(), Texts(small).SelectMany(text => text.Split('\n')));
        Assert.Equal("60000", small.Manifest.Notes["records"]);
    }

    [Fact]
    public async Task Paragraphs_end_at_blank_lines()
    {
        Document[] documents = [new("a", "one\ntwo\n\n \nthree"), new("b", "one\n\none\ntwo\n\nthree\nfour")];
        Assert.Equal([documents[0].Text, "one\n\nthree\nfour"], Texts(await Run(documents, "use: dedup_lines, unit: paragraph", 2)));
    }

    [Fact]
    public async Task Three_sentences_that_stood_before_go_but_two_do_not()
    {
        const string Shared = "Terms apply here. You agree to all of them! Read it twice, Dr. J. Smith said. ";
        string own = string.Concat(Enumerable.Range(0, 12).Select(i => $"Sentence number {(char)('a' + i)} stands here alone. "));
        Document[] documents = [new("a", own + Shared), new("b", "It begins. " + Shared + own.Replace("stands", "sits", StringComparison.Ordinal)), new("c", "Terms apply here. You agree to all of them! But this differs."), new("d", Shared)];
        Artifact made = await Run(documents, "use: dedup_sentences", 2);
        Assert.Equal([documents[0].Text, "It begins. " + own.Replace("stands", "sits", StringComparison.Ordinal).TrimEnd(), documents[2].Text], Texts(made));
        Assert.Equal("a", Removed(made).Single().GetProperty("kept").GetString());
        Artifact strict = await Run(documents, "use: dedup_sentences, min_words: 500", 2);
        Assert.Equal(["a", "c"], Ids(strict));
        Assert.Contains(Removed(strict), removed => removed.GetProperty("rule").GetString() == "too_few_words_left");
    }

    [Theory]
    [InlineData("One. Two! Three?", "One. |Two! |Three?")]
    [InlineData("He said \"Go.\" Then 3.14 and J. R. Smith... left.\nLine two", "He said \"Go.\" |Then 3.14 and J. R. Smith... |left.\n|Line two")]
    [InlineData("\u4E00\u4E8C\u3002\u4E09\u56DB\uFF01\u300D\u4E94", "\u4E00\u4E8C\u3002|\u4E09\u56DB\uFF01\u300D|\u4E94")]
    [InlineData(" \n\n", "")]
    public void Sentences_end_where_people_see_it(string text, string sentences) =>
        Assert.Equal(sentences, string.Join('|', SentenceSpans.Of(text).Select(span => text.Substring(span.Start, span.Length))));

    /// <summary>Against a plain dictionary over all spans.</summary>
    [Fact]
    public async Task Sentences_are_removed_as_the_definition_says()
    {
        var random = new Random(9);
        Document[] documents = [.. Enumerable.Range(0, 150).Select(i => new Document($"{i}", string.Join(' ', Enumerable.Range(0, random.Next(3, 40)).Select(_ => $"Word {(char)('a' + random.Next(6))}{(char)('a' + random.Next(3))} here."))))];
        Artifact made = await Run(documents, "use: dedup_sentences, min_words: 0, min_sentences: 0, memory: 4194304", 3);
        var seen = new HashSet<string>();
        var expected = new List<string>();
        foreach (Document document in documents)
        {
            string[] sentences = [.. SentenceSpans.Of(document.Text).Select(span => document.Text.Substring(span.Start, span.Length))];
            var gone = new HashSet<int>();
            for (int i = 0; i + 3 <= sentences.Length; i++)
            {
                if (!seen.Add(string.Join(' ', sentences[i..(i + 3)].Select(sentence => sentence.Trim()))))
                    gone.UnionWith([i, i + 1, i + 2]);
            }
            string left = string.Concat(sentences.Where((_, i) => !gone.Contains(i)));
            if (left.Length > 0)
                expected.Add(gone.Count > 0 ? left.TrimEnd() : left);
        }
        Assert.Equal(expected, Texts(made));
    }

    private async Task<Artifact> Run(IEnumerable<Document> documents, string settings, int workers)
    {
        Corpus.Write(_folder, "in/documents.jsonl", documents);
        return (await DataRecipe.Run(_folder, Recipe(settings, workers), $"runs{Guid.NewGuid():N}"))["dedup"];
    }

    private static string[] Ids(Artifact made) => [.. DocumentFile.Read(made.PathOf("documents.jsonl")).Select(document => document.Id)];

    private static string[] Texts(Artifact made) => [.. DocumentFile.Read(made.PathOf("documents.jsonl")).Select(document => document.Text)];

    private static JsonElement[] Removed(Artifact made) => [.. File.ReadLines(made.PathOf("removed.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Recipe(string settings, int workers) => $$"""
        data: { workers: {{workers}} }
        stages:
          read: { use: read_jsonl, path: in/documents.jsonl }
          dedup: { from: read, {{settings}} }
        """;
}
