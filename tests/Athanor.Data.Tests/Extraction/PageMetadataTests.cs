using Athanor.Data.Extraction;

namespace Athanor.Data.Tests.Extraction;

public sealed class PageMetadataTests
{
    [Fact]
    public void A_page_says_who_wrote_it_when_in_which_language_and_under_which_licence()
    {
        IReadOnlyDictionary<string, string> found = Read("""
            <html lang="de_DE"><head><title>Füchse &amp; Hunde – Die Zeitung</title><meta property="og:site_name" content="Die Zeitung"><meta name=author content="A. Fuchs">
            <meta property="article:published_time" content="2021-03-05T23:30:00-08:00"><link rel="canonical" href="https://z.example/f?a=1&amp;b=2">
            <meta name="robots" content="noai, index"><meta name="GPTBot" content="noindex"><meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://z.example/tdm.json"></head>
            <body><p>x</p><a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/deed.de">CC</a></body>
            """);
        Assert.Equal(new Dictionary<string, string>
        {
            ["author"] = "A. Fuchs",
            ["canonical_url"] = "https://z.example/f?a=1&b=2",
            ["date"] = "2021-03-05",
            ["language"] = "de-DE",
            ["license"] = "CC-BY-SA-4.0",
            ["robots"] = "index, noai; gptbot: noindex",
            ["site"] = "Die Zeitung",
            ["tdm_policy"] = "https://z.example/tdm.json",
            ["tdm_reservation"] = "1",
            ["title"] = "Füchse & Hunde",
        }, found);
    }

    [Fact]
    public void Linked_data_fills_what_is_missing()
    {
        SortedDictionary<string, string> found = Read("""<script type="application/ld+json">{"headline":"A \"fox\"","datePublished" : "2020-01-02","author":[{"@type":"Person","name":"B. Fox"}],"inLanguage":"en"}</script><p>x""");
        Assert.Equal("A \"fox\"", found["title"]);
        Assert.Equal("2020-01-02", found["date"]);
        Assert.Equal("B. Fox", found["author"]);
        Assert.Equal("en", found["language"]);
    }

    [Fact]
    public void A_licence_inside_the_text_is_that_of_a_picture()
    {
        const string Sentence = "<p>The quick brown fox jumps over the lazy dog, as it has done in every sample text since printing began.</p>";
        string link = "<a href=\"https://creativecommons.org/licenses/by/2.0/\">CC BY 2.0</a>";
        string article = string.Concat(Enumerable.Repeat(Sentence, 4));
        Assert.False(Read($"<div class=post-content>{article}<p>Photo: somebody, {link}</p></div>").ContainsKey("license"));
        Assert.Equal("CC-BY-2.0", Read($"<div class=post-content>{article}</div><footer>{link}</footer>")["license"]);
    }

    [Theory]
    [InlineData("https://creativecommons.org/licenses/by-nc-nd/3.0/", "CC-BY-NC-ND-3.0")]
    [InlineData("//creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0")]
    [InlineData("http://creativecommons.org/licenses/", "http://creativecommons.org/licenses/")]
    [InlineData("CC BY-SA 4.0", "CC-BY-SA-4.0")]
    [InlineData("cc-by", "CC-BY")]
    [InlineData("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0")]
    [InlineData("All rights reserved", "All rights reserved")]
    public void Licences_have_one_name(string text, string name) => Assert.Equal(name, Licences.Identify(text));

    [Theory]
    [InlineData("2019-11-05T08:00:00+01:00", "2019-11-05")]
    [InlineData("2019/11/5", "2019-11-05")]
    [InlineData("20191105", "2019-11-05")]
    [InlineData("05.11.2019", "2019-11-05")]
    [InlineData("25/11/2019", "2019-11-25")]
    [InlineData("11/25/2019", "2019-11-25")]
    [InlineData("Tue, 05 Nov 2019 08:00:00 GMT", "2019-11-05")]
    [InlineData("November 5, 2019", "2019-11-05")]
    [InlineData("05/11/2019", null)]
    [InlineData("2019-13-05", null)]
    [InlineData("2019-02-30", null)]
    [InlineData("0001-01-01", null)]
    [InlineData("5 November", null)]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    public void Days_are_read_where_they_are_certain(string text, string? day) => Assert.Equal(day, PageDates.Day(text));

    private static SortedDictionary<string, string> Read(string html) => new HtmlExtractor().Extract(html).Metadata;
}
