using Athanor.Data.Documents;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Readers;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Wiki;

namespace Athanor.Data.Tests.Wiki;

public sealed class WikiTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("'''Berlin''' is the [[capital city|capital]] of [[Germany]].<ref name=\"a\">[http://x.de A source]</ref> It<!-- hidden --> is big.<ref name=b />", "Berlin is the capital of Germany. It is big.")]
    [InlineData("{{Infobox|a={{b|c}}|d=[[e]]}}Text {{cite}} goes on.\n{| class=x\n|-\n| cell {{t}}\n|}\nEnd", "Text  goes on.\n\nEnd")]
    [InlineData("[[File:A.jpg|thumb|A [[picture]] of it]]Words [[Category:Cities]][[de:Berlin]] [[:Category:Shown|shown]]", "Words  shown")]
    [InlineData("== Heading ==\n* one\n** two\n# three\n:indented\n----\n__NOTOC__ &amp; &lt;b&gt;", "Heading\n\n- one\n- two\n- three\nindented\n\n& <b>")]
    [InlineData("a [http://x.org label with words] b [https://y.org] c [not a link] d", "a label with words b  c [not a link] d")]
    [InlineData("x {{never closed [[nor this ''but'' kept <ref>open", "x {{never closed [[nor this but kept open")]
    [InlineData("1 < 2 <math>x^2</math> <div class=\"y\">in</div>", "1 < 2 x^2\nin")]
    public void Wikitext_becomes_text(string wikitext, string text) => Assert.Equal(text, WikiText.Plain(wikitext));

    [Fact]
    public void Nested_and_unclosed_marks_take_linear_time()
    {
        foreach (string mark in (string[])["{{", "[[", "<ref>", "<!--", "[http://", "'''", "{|", "<a b "])
            Assert.NotNull(WikiText.Plain(string.Concat(Enumerable.Repeat(mark, 200_000))));
    }

    [Fact]
    public void Pages_are_read_from_any_byte_on()
    {
        string pages = string.Concat(Enumerable.Range(0, 30).Select(i => $"  <page>\n    <title>T{i}</title>\n    <ns>{(i % 10 == 4 ? 1 : 0)}</ns>\n    <id>{i}</id>\n{(i % 10 == 5 ? "<redirect title=\"x\" />" : "")}    <revision>\n      <id>9</id>\n      <timestamp>2026-01-0{1 + i % 9}</timestamp>\n      <contributor><id>5</id></contributor>\n      <text xml:space=\"preserve\">Text &lt;page&gt; of ''{i}''{new string('x', i * 9)}</text>\n    </revision>\n  </page>\n"));
        FormatReader reader = Reader(_folder.Write("a.xml", $"<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\">\n<siteinfo/>\n{pages}</mediawiki>\n"));
        List<Document> whole = Reading.All(reader, out ReadProblems problems);
        Assert.Equal(24, whole.Count);
        Assert.Equal([(ReadProblemKind.NotAsked, 6L)], problems.Counts.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(("7", "T7\n\nText  of 7" + new string('x', 63), "2026-01-08"), (whole[5].Id, whole[5].Text, whole[5].Metadata["date"]));
        foreach (int size in (int[])[100, 1000])
        {
            Reading.Same(whole, Reading.All(reader, out problems, size));
            Assert.Equal(6, problems.Total);
            Reading.Same(whole, Reading.Resumed(reader, out _, size));
        }
    }

    [Fact]
    public void A_damaged_page_costs_no_other_one()
    {
        const string Good = "<page><title>A</title><id>1</id><revision><text>fine</text></revision></page>";
        string file = Good + "<page><title>B</oops></page>" + "<page><title>" + new string('x', 400_000) + "</title></page>" + Good + "<page><title>cut";
        List<Document> read = Reading.All(new FormatReader(_folder.Write("a.xml", file), new WikiXmlFormat(true, [0], new ReadLimits(10_000))), out ReadProblems problems);
        Assert.Equal(["A\n\nfine", "A\n\nfine"], read.Select(document => document.Text));
        Assert.Equal([ReadProblemKind.Truncated, ReadProblemKind.Damaged, ReadProblemKind.TooLong], problems.Counts.Keys);
        Assert.Empty(Reading.All(Reader(_folder.Write("b.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><page><title>&b;</title></page>")), out problems));
        Assert.Equal(ReadProblemKind.Damaged, Assert.Single(problems.First).Kind);
    }

    private static FormatReader Reader(string path) => new(path, new WikiXmlFormat(true, [0], new ReadLimits()));
}
