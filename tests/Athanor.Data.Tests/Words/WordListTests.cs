using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Words;
using Athanor.Runs.Settings;

namespace Athanor.Data.Tests.Words;

public sealed class WordListTests
{
    [Theory]
    [InlineData("a Bad thing", true)]
    [InlineData("BAD", true)]
    [InlineData("(bad)", true)]
    [InlineData("badly embad bad_thing bad1", false)]
    [InlineData("very  naughty things", false)]
    [InlineData("Very Naughty things", true)]
    [InlineData("badly but bad.", true)]
    public void Words_count_where_no_letter_touches_them(string text, bool found) =>
        Assert.Equal(found, new WordList(["bad", "very naughty"], bounded: true).Find(text, 0).Length > 0);

    [Fact]
    public void The_longest_word_at_a_place_is_the_find() => Assert.Equal((2, 9), new WordList(["bad", "bad thing"], bounded: true).Find("a bad thing", 0));

    [Fact]
    public void Languages_without_blanks_are_matched_anywhere()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullName);
        File.WriteAllText(Path.Combine(folder.FullName, "ja"), "悪い\n女の子\n");
        File.WriteAllText(Path.Combine(folder.FullName, "en"), "bad\n");
        File.WriteAllText(Path.Combine(folder.FullName, "README.md"), "not a list");
        var settings = new FilterWordsSettings { Lists = new RecipePath(folder.FullName), Allow = ["女の子"] };
        Removal removal = Apply(settings, "これは悪いです", "ja")!;
        Assert.Equal(new Removal("listed_words", 1, 0, new TextSpan(3, 2), "悪い"), removal);
        Assert.Null(Apply(settings, "これは悪いです", "en"));
        Assert.Null(Apply(settings, "女の子", "ja"));
        Assert.NotNull(Apply(settings, "a bad one", null));
        Assert.NotNull(Apply(settings, "a bad one", "en-GB"));
        Assert.Null(Apply(settings, "a bad one", "ko"));
    }

    [Fact]
    public void Finds_are_counted_and_a_share_may_stay()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullName);
        string file = Path.Combine(folder.FullName, "list.txt");
        File.WriteAllText(file, "bad\n\nworse\n");
        var settings = new FilterWordsSettings { Lists = new RecipePath(file), MaxFinds = 2 };
        var signals = new float[1];
        Assert.Null(Apply(settings, "bad worse", null, signals));
        Assert.Equal(2, signals[0]);
        Assert.NotNull(Apply(settings, "bad worse bad bad", null, signals));
        Assert.Equal(4, signals[0]);
        var share = settings with { MaxFinds = 0, KeepShare = 0.25 };
        DocumentStep step = share.Prepare(3)();
        int kept = Enumerable.Range(0, 2000).Count(i =>
        {
            var document = new Document("1", $"bad {i}");
            return step.Apply(ref document, default) is null;
        });
        Assert.InRange(kept, 420, 580);
    }

    [Fact]
    public void The_list_that_comes_along_takes_pornography_and_leaves_medicine()
    {
        var settings = new FilterWordsSettings { BuiltIn = true };
        Assert.NotNull(Apply(settings, "Free porn videos", null));
        Assert.Null(Apply(settings, "Breast cancer, sexual health and Scunthorpe", null));
    }

    [Fact]
    public async Task A_classifier_stands_beside_the_lists()
    {
        using var folder = new TemporaryFolder();
        string Line(string id, string text) => System.Text.Json.JsonSerializer.Serialize(new { id, text }) + "\n";
        folder.Write("bad.jsonl", string.Concat(Enumerable.Range(0, 60).Select(i => Line($"b{i}", $"you stupid ugly fool {i} go away"))));
        folder.Write("good.jsonl", string.Concat(Enumerable.Range(0, 60).Select(i => Line($"g{i}", $"the river runs to the sea in winter {i}"))));
        folder.Write("asked.jsonl", Line("a", "such a stupid ugly fool") + Line("b", "the sea in winter") + Line("c", "the river has porn"));
        IReadOnlyDictionary<string, Runs.Stages.Artifact> made = await DataRecipe.Run(folder, """
            stages:
              bad: { use: read_jsonl, path: bad.jsonl }
              good: { use: read_jsonl, path: good.jsonl }
              asked: { use: read_jsonl, path: asked.jsonl }
              model: { use: train_classifier, from: [bad, good], labels: [toxic, fine], dimensions: 8, buckets: 1000, epochs: 40, learning_rate: 0.5, held_out: 0 }
              filter: { use: filter_words, from: [asked, model], built_in: true, label: toxic }
            """);
        Assert.Equal(["b"], DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name)).Select(document => document.Id));
        Assert.Equal("1", made["filter"].Manifest.Notes["removed filter_words/classifier"]);
        Assert.Equal("1", made["filter"].Manifest.Notes["removed filter_words/listed_words"]);
        var error = Assert.Throws<InvalidDataException>(() => new FilterWordsSettings { Label = "toxic" }.Prepare(1));
        Assert.Contains("train_classifier", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_are_none_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullName);
        string missing = Path.Combine(folder.FullName, "missing"), empty = Path.Combine(folder.FullName, "en"), binary = Path.Combine(folder.FullName, "binary.txt");
        Assert.Contains("There is no file or folder", Error(missing), StringComparison.Ordinal);
        Assert.Contains("holds no list of words", Error(folder.FullName), StringComparison.Ordinal);
        File.WriteAllText(empty, "\n");
        Assert.Contains("the list is empty", Error(empty), StringComparison.Ordinal);
        File.WriteAllBytes(binary, new byte[100]);
        Assert.Contains("binary.txt:1: this is no word", Error(binary), StringComparison.Ordinal);

        static string Error(string path) => Assert.Throws<InvalidDataException>(() => new FilterWordsSettings { Lists = new RecipePath(path) }.Prepare(1)).Message;
    }

    private static Removal? Apply(FilterWordsSettings settings, string text, string? language, float[]? signals = null)
    {
        var document = new Document("1", text) { Metadata = language is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["language"] = language } };
        return settings.Prepare(1)().Apply(ref document, signals);
    }
}
