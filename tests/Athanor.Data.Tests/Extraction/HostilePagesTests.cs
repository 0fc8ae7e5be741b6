using System.Diagnostics;
using Athanor.Data.Extraction;

namespace Athanor.Data.Tests.Extraction;

public sealed class HostilePagesTests
{
    public static TheoryData<string> Kinds => new(Pages.Keys);

    private static Dictionary<string, Func<int, string>> Pages => new(StringComparer.Ordinal)
    {
        ["open elements"] = n => Repeat("<div><b>", n),
        ["open cells"] = n => Repeat("<table><tr><td>", n),
        ["end tags"] = n => "<table>" + Repeat("</p></b></a>", n),
        ["far end tags"] = n => Repeat("<i>", 400) + Repeat("<p></i>", n),
        ["list items"] = n => Repeat("<li><b>", n),
        ["open links"] = n => Repeat("<a href=x><div>", n),
        ["comments without end"] = n => Repeat("<!-- a -", n),
        ["comments"] = n => Repeat("<!-- a -->", n),
        ["declarations"] = n => Repeat("<![CDATA[ <!x ", n),
        ["less-than signs"] = n => Repeat("<", n),
        ["open tags"] = n => Repeat("<a b=", n),
        ["open quotes"] = n => Repeat("<a b=\"", n),
        ["scripts without end"] = n => Repeat("<script></scrip", n),
        ["titles"] = n => Repeat("<title>x</title>", n),
        ["ampersands"] = n => Repeat("&", n),
        ["entities"] = n => Repeat("&lt;&CounterClockwiseContourIntegral;&#x10FFFF;", n / 8),
        ["long reference"] = n => "&#" + Repeat("0", n) + "65;",
        ["many attributes"] = n => "<div " + Repeat("a=1 ", n) + ">x",
        ["huge class"] = n => "<div class='" + Repeat("post-content navAdX ", n) + "'>" + "x",
        ["huge style"] = n => "<div style='" + Repeat("a:b;", n) + "'>x",
        ["wide spans"] = n => "<table><tr><th>a<th>b" + Repeat("<tr><td colspan=9007199254740992 rowspan=9007199254740992>a<td>b", n / 8) + "</table>",
        ["zeros"] = n => Repeat("\0a\0<p\0>", n),
        ["lone surrogates"] = n => Repeat("\uD800<p>\uDC00", n),
        ["nested lists"] = n => Repeat("<ul><li>x", n),
        ["line ends"] = n => Repeat("x<br>\n<br>", n),
        ["spaces"] = n => "<p>x" + Repeat(" ", n) + "y",
        ["headings"] = n => Repeat("<h1>x</h1><a href=1>y</a>", n),
        ["linked data"] = n => "<script type='application/ld+json'>" + Repeat("\"articleBody\"\"author\"", n) + "</script>",
        ["linked data many"] = n => Repeat("<script type='application/ld+json'>{\"articleBody\":\"a\"}</script>", n / 4),
        ["preformatted"] = n => "<pre>" + Repeat("```````` {\n", n),
        ["formulas"] = n => Repeat("<math><annotation encoding=tex>", n),
        ["raised"] = n => "x" + Repeat("<sup>2<a>", n),
        ["licences"] = n => Repeat("<a rel=license itemprop=author>", n),
    };

    /// <summary>A clock decides, so the machine must be quiet: not for every run of the tests.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Category", "Long")]
    public void Work_grows_with_the_page_alone(string kind)
    {
        Func<int, string> make = Pages[kind];
        string small = make(8_000), large = make(80_000);
        var extractor = new HtmlExtractor();
        // Ten times the page may cost thirty times, for caches; a square would cost a hundred.
        Assert.True(Best(extractor, large) < 30 * Best(extractor, small) + TimeSpan.FromMilliseconds(300).Ticks);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_page_gives_no_more_than_it_holds(string kind)
    {
        string page = Pages[kind](10_000), text = new HtmlExtractor().Extract(page).Text;
        Assert.True(text.Length <= 4 * page.Length + 100, $"{text.Length} characters of {page.Length}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_page_brings_control_characters_or_fails(string kind)
    {
        string text = new HtmlExtractor(new ExtractionOptions { MaxCharacters = 2000, MaxNodes = 300, MaxDepth = 20, Comments = true, Captions = true, Title = true }).Extract(Pages[kind](500)).Text;
        Assert.DoesNotContain(text, c => char.IsControl(c) && c is not ('\n' or '\t'));
    }

    private static long Best(HtmlExtractor extractor, string page)
    {
        long best = long.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long start = Stopwatch.GetTimestamp();
            extractor.Extract(page);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).Ticks);
        }
        return best;
    }

    private static string Repeat(string part, int count) => string.Concat(Enumerable.Repeat(part, count));
}
