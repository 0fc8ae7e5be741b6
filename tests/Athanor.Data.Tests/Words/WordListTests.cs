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
