using Athanor.Data.Extraction;

namespace Athanor.Data.Tests.Extraction;

public sealed class HtmlExtractorTests
{
    private const string Sentence = "The quick brown fox jumps over the lazy dog, as it has done in every sample text since printing began.";

    [Fact]
    public void The_article_stays_and_what_surrounds_it_goes()
    {
        string text = Extract($"""
            <!doctype html><html lang=en><head><title>Foxes | The Daily</title><style>p {"{color:red}"}</style><script>var x = "<p>no</p>";</script></head>
            <body><header><nav><ul><li><a href=/>Home page</a><li><a href=/s>Sports desk</a></ul></nav></header>
            <div id="cookie-banner"><p>We would like to use cookies to make your visit to our website as pleasant as can be for everybody.</p></div>
            <main><article><h1>Foxes</h1><div class="share-buttons"><a href=f>Share it</a></div><p>{Sentence}</p><p>{Sentence} Again.</p>
            <aside><p>Subscribe to the paper, it is cheap, it is good, and everybody in the town and the country reads it.</p></aside>
            <h2>Related articles</h2><ul><li><a href=1>Dogs</a><li><a href=2>Wolves</a></ul></article>
            <section class="comments"><p>First comment: I have seen a fox, it was brown and quick, and it did jump over a dog, I swear.</p></section></main>
            <footer><p>Copyright by the paper, all rights reserved, no part of this page may be copied or shown elsewhere.</p></footer></body></html>
            """);
        Assert.Equal($"# Foxes\n\n{Sentence}\n\n{Sentence} Again.", text);
    }

    [Fact]
    public void Lists_tables_and_headings_keep_their_form() =>
        Assert.Equal(string.Join('\n', $"{Sentence} one", "", "## Things", "", "- first", "- second thing", "  1. inner", "  2. more", "- last", "",
            "| Name | Size |", "| --- | --- |", "| fox | 3 |", "| dog & cat | |", "", "Term", "Its meaning", "", $"{Sentence} two"),
            Extract($"""
            <article><p>{Sentence}
               one</p><h2>Things</h2><ul><li>first</li><li><p>second <b>thing</b></p><ol><li>inner<li>more</ol></li><li>last</ul>
            <table><tr><th>Name<th>Size</tr><tr><td>fox<td>3<tr><td colspan=2>dog &amp; cat</table><dl><dt>Term<dd>Its meaning</dl><p>{Sentence} two</article>
            """));

    [Fact]
    public void Code_keeps_its_lines_between_fences()
    {
        string text = Extract($"""
            <article><p>{Sentence}</p><pre class="highlight"><code class="language-python"><span class=k>def</span> f(x):
                <span>return</span> x &lt; 1

            f(2)
            </code></pre><p>{Sentence} end</p></article>
            """);
        Assert.Contains("\n\n```python\ndef f(x):\n    return x < 1\n\nf(2)\n```\n\n", text, StringComparison.Ordinal);
        string table = Extract($"<article><p>{Sentence}</p><table class=rouge-table><tr><td class=gutter><pre>1\n2</pre></td><td class=code><pre>int a;\nint b;</pre></td></tr></table><p>{Sentence}</article>");
        Assert.Contains("```\nint a;\nint b;\n```", table, StringComparison.Ordinal);
        Assert.DoesNotContain("1\n2", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<math><semantics><mrow><mi>x</mi></mrow><annotation encoding='application/x-tex'>x^2 &lt; 1</annotation></semantics></math>", "$x^2 < 1$")]
    [InlineData("<span class=katex><span class=katex-mathml><math display=block><semantics><mi>y</mi><annotation encoding='application/x-tex'>y</annotation></semantics></math></span><span class=katex-html aria-hidden=true>y</span></span>", "$$y$$")]
    [InlineData("<span style='display: none'><math alttext='{\\displaystyle a+b}'><mi>a</mi></math></span><img class=mwe-math-fallback-image-inline alt='a+b'>", "$a+b$")]
    [InlineData("<script type='math/tex'>\\alpha_1</script>", "$\\alpha_1$")]
    [InlineData("<img class=latex alt='e=mc^2' src=x.png>", "$e=mc^2$")]
    [InlineData("10<sup>-6</sup> of H<sub>2</sub>O", "10⁻⁶ of H₂O")]
    [InlineData("the 1<sup>st</sup> of May<sup><a href=#n>[3]</a></sup> and", "the 1st of May and")]
    public void Formulas_and_exponents_can_be_read(string html, string text) =>
        Assert.Contains($"before {text} after", Extract($"<article><p>{Sentence}</p><p>{Sentence} before {html} after {Sentence}</p></article>"), StringComparison.Ordinal);

    [Fact]
    public void Readings_beside_characters_do_not_part_them() =>
        Assert.Contains("漢字を読む", Extract($"<article><p>{Sentence}</p><p>{Sentence}<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><ruby>字<rt>じ</rt></ruby>を読む</p></article>"), StringComparison.Ordinal);

    [Fact]
    public void The_summary_above_the_body_is_part_of_it() =>
        Assert.StartsWith("Summary: ", Extract($"<div><div class=head><p class=lead>Summary: {Sentence}</p></div><div class=article-body><p>{Sentence}</p><p>{Sentence}</p><p>{Sentence}</p></div></div>"), StringComparison.Ordinal);

    [Fact]
    public void A_page_that_scripts_build_gives_the_text_for_search_engines() =>
        Assert.Equal($"{Sentence}\n\nThe “second” paragraph.",
            Extract("<div id=app></div><script type='application/ld+json'>{\"@type\":\"Article\",\"articleBody\" : \"" + Sentence + "\\n\\nThe \\u201csecond\\u201d paragraph.\"}</script>").Replace("\n\n\n", "\n\n", StringComparison.Ordinal));

    [Fact]
    public void Names_are_not_believed_where_they_would_leave_nothing() =>
        Assert.Contains("lazy dog", Extract($"<div class=sidebar><div class=widget><p>{Sentence}</p><p>{Sentence}</p></div></div>"), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("   \n ")]
    [InlineData("<html><body></body></html>")]
    [InlineData("<script>only()</script>")]
    public void A_page_without_text_has_none(string html) => Assert.Equal("", Extract(html));

    [Fact]
    public void Plain_text_is_a_page_too() => Assert.Equal("Just a line, 3 < 4 & so on", Extract("Just a line, 3 < 4 & so on"));

    [Fact]
    public void Options_keep_comments_captions_and_title()
    {
        string page = $"<head><title>Foxes</title></head><article class=post-content><p>{Sentence}</p><p>{Sentence}</p><figure><img src=f><figcaption>A fox in the snow</figcaption></figure><div class=comments><p>Nice fox, {Sentence}</p></div></article>";
        string plain = Extract(page), full = new HtmlExtractor(new ExtractionOptions { Title = true, Comments = true, Captions = true }).Extract(page).Text;
        Assert.Equal($"{Sentence}\n\n{Sentence}", plain);
        Assert.Equal($"# Foxes\n\n{Sentence}\n\n{Sentence}\n\nA fox in the snow\n\nNice fox, {Sentence}", full);
    }

    private static string Extract(string html) => new HtmlExtractor().Extract(html).Text;
}
