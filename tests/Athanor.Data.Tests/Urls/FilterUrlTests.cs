using System.Text.RegularExpressions;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Urls;
using Athanor.Runs.Settings;

namespace Athanor.Data.Tests.Urls;

public sealed class FilterUrlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("https://blocked.com/x", "domain")]
    [InlineData("https://any.sub.blocked.com/x", "domain")]
    [InlineData("https://BLOCKED.com", "domain")]
    [InlineData("https://bad.tolerated.co.uk/x", "subdomain")]
    [InlineData("https://a.bad.tolerated.co.uk/x", "subdomain")]
    [InlineData("https://tolerated.co.uk/x", null)]
    [InlineData("https://notblocked.com/x", null)]
    [InlineData("https://fine.org/page/", "url")]
    [InlineData("http://www.fine.org/page", "url")]
    [InlineData("https://fine.org/page2", null)]
    [InlineData("https://a.org/free-hardword-here", "hard_word")]
    [InlineData("https://a.org/free-HardWord-here", "hard_word")]
    [InlineData("https://a.org/hardwords", null)]
    [InlineData("https://a.org/soft1", null)]
    [InlineData("https://a.org/soft1/Soft1", null)]
    [InlineData("https://a.org/soft1/SOFT2", "soft_words")]
    [InlineData("https://a.org/xxsu-bw.ord1yy", "sub_word")]
    [InlineData("https://str-ict.org/", "strict_word")]
    [InlineData("https://str_ict.org/", null)]
    [InlineData("https://good.blocked.com/", null)]
    public void Each_list_removes_what_it_names(string url, string? rule)
    {
        Removal? removal = Apply(Settings() with { Allow = ["good.blocked.com"] }, url);
        Assert.Equal(rule, removal?.Rule);
        Assert.Equal(rule is null, string.IsNullOrEmpty(removal?.Note));
    }

    [Fact]
    public void The_mode_for_datatrove_decides_as_its_code_does()
    {
        FilterUrlSettings settings = Settings() with { Rules = UrlRules.Datatrove, StrictWords = null };
        string[] hosts = ["blocked.com", "sub.blocked.com", "bad.tolerated.co.uk", "a.bad.tolerated.co.uk", "tolerated.co.uk", "fine.org", "a.org", "hardword.net", "www.Soft1.de"];
        string[] words = ["hardword", "HardWord", "soft1", "SOFT2", "soft2", "sub", "word1", "SubWord1", "page", "x-y", "hard", "é"];
        var random = new Random(5);
        var rules = new HashSet<string?>();
        for (int i = 0; i < 4000; i++)
        {
            string url = $"http{(random.Next(2) == 0 ? "s" : "")}://{hosts[random.Next(hosts.Length)]}/{string.Join(random.Next(3) switch { 0 => "-", 1 => "/", _ => "" }, Enumerable.Range(0, random.Next(4)).Select(_ => words[random.Next(words.Length)]))}";
            string? expected = Datatrove(url);
            Assert.Equal(expected, Apply(settings, url)?.Rule);
            rules.Add(expected);
        }
        Assert.Equal(7, rules.Count);
    }

    [Fact]
    public void Soft_words_are_counted_for_replay()
    {
        DocumentStep step = Settings().Prepare(0)();
        Document document = new("a", "t") { Metadata = new Dictionary<string, string> { ["url"] = "http://a.org/soft1-soft2-soft1" } };
        float[] signals = new float[1];
        Assert.Equal(["soft_words"], step.Signals);
        Assert.Equal(2, step.Apply(ref document, signals)!.Value);
        Assert.Equal(2, signals[0]);
    }

    [Theory]
    [InlineData(Missing.Keep, null)]
    [InlineData(Missing.Remove, "no_url")]
    public void Documents_without_an_address_stay_or_go_as_said(Missing missing, string? rule) => Assert.Equal(rule, Apply(Settings() with { WithoutUrl = missing }, null)?.Rule);

    [Fact]
    public void Own_words_name_adult_sites_and_spare_towns_and_science()
    {
        var settings = new FilterUrlSettings();
        Assert.Equal("sub_word", Apply(settings, "https://www.pornhub.com/view")?.Rule);
        Assert.Equal("hard_word", Apply(settings, "https://a.com/XXX/video")?.Rule);
        Assert.Equal("soft_words", Apply(settings, "https://a.com/poker-and-casino")?.Rule);
        foreach (string url in (string[])["https://www.essex.ac.uk/sussex", "https://scunthorpe.gov.uk/assets", "https://en.wikipedia.org/wiki/Sex_education", "https://a.org/free-download-videos", "https://analytics.example.com/therapist-finder", "https://library.org/adult-teen-programs"])
            Assert.Null(Apply(settings, url));
    }

    [Fact]
    public void Comments_and_packed_lists_are_read()
    {
        string path = _folder["domains.gz"];
        using (var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest))
            gzip.Write("# a comment\n\n blocked.com \r\n"u8);
        Assert.Equal("domain", Apply(new FilterUrlSettings { OwnWords = false, Domains = new RecipePath(path) }, "http://blocked.com")?.Rule);
        Assert.Contains("no list", Assert.Throws<InvalidDataException>(() => Apply(new FilterUrlSettings { Domains = new RecipePath(_folder.Write("bin", "a\0b")) }, "http://x")).Message, StringComparison.Ordinal);
    }

    private FilterUrlSettings Settings() => new()
    {
        OwnWords = false,
        Domains = List("domains", "blocked.com", "bad.tolerated.co.uk"),
        Urls = List("urls", "https://fine.org/page"),
        HardWords = List("hard", "hardword", "Hard-Word"),
        SoftWords = List("soft", "soft1", "soft2"),
        SubWords = List("sub", "subword1"),
        StrictWords = List("strict", "strict"),
    };

    private RecipePath List(string name, params string[] lines) => new(_folder.Write(name, string.Join('\n', lines)));

    private static Removal? Apply(FilterUrlSettings settings, string? url)
    {
        Document document = new("a", "text") { Metadata = url is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["url"] = url } };
        return settings.Prepare(0)().Apply(ref document, new float[1]);
    }

    /// <summary>datatrove's filter, read off its code: sets, a split at everything but ASCII letters and digits, and a lower-cased text without them.</summary>
    private static string? Datatrove(string url)
    {
        string host = Regex.Match(url, "://([^/]*)").Groups[1].Value;
        string[] labels = host.Split('.');
        string domain = string.Join('.', labels[^(host.EndsWith(".co.uk", StringComparison.Ordinal) ? 3 : 2)..]);
        if (domain == "blocked.com")
            return "domain";
        if (host == "bad.tolerated.co.uk")
            return "subdomain";
        if (url == "https://fine.org/page")
            return "url";
        HashSet<string> words = [.. Regex.Split(url, "[^a-zA-Z0-9]+")];
        if (words.Contains("hardword"))
            return "hard_word";
        if (new[] { "soft1", "soft2" }.Count(words.Contains) >= 2)
            return "soft_words";
        return Regex.Replace(url, "[^a-zA-Z0-9]+", "").ToLowerInvariant().Contains("subword1", StringComparison.Ordinal) ? "sub_word" : null;
    }
}
