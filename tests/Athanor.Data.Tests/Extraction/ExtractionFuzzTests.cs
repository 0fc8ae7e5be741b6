using System.Text;
using Athanor.Data.Extraction;
using Athanor.Testing;
using Xunit.Abstractions;

namespace Athanor.Data.Tests.Extraction;

public sealed class ExtractionFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Pieces =
    [
        "<", ">", "\"", "'", "&", ";", "&#", "</", "<!--", "-->", "<![CDATA[", "<script>", "</script>", "<style>", "<table>", "<tr>", "<td colspan=99999999999>", "</table>", "<pre>", "<div class=\"post-content\">", "</div>", "<p>", "</p>", "<a href=\"", "<math>", "<sup>",
        "<title>", "<textarea>", "<template>", "<svg>", "<li>", "<ol>", "\0", "\uD800", "\uDFFF", "\uFEFF", "\u2028", "&#xD800;", "&nbsp", "<br>", "<h1>", "<body>", "</html>", "<select><option>", "<plaintext>", "<meta name=robots content=", "<x-y>", "\t", "\r\n",
    ];

    [SharedDataFact(AnnotatedPage.File)]
    [Trait("Category", "Long")]
    public void Mutated_pages_are_read_in_bounded_work()
    {
        const int Pages = 100_000;
        string[] sources = [.. AnnotatedPage.Read(SharedData.Path(AnnotatedPage.File)).Select(page => page.Html)];
        var random = new Random(20_261);
        var extractor = new HtmlExtractor(new ExtractionOptions { MaxNodes = 20_000, MaxDepth = 100 });
        long characters = 0, written = 0, empty = 0, truncated = 0;
        for (int i = 0; i < Pages; i++)
        {
            string page = Mutate(sources, random);
            ExtractedPage extracted = extractor.Extract(page);
            characters += page.Length;
            written += extracted.Text.Length;
            empty += extracted.Text.Length == 0 ? 1 : 0;
            truncated += extracted.Truncated ? 1 : 0;
            Assert.True(extracted.Text.Length <= 4 * page.Length + 100, $"page {i}: {extracted.Text.Length} of {page.Length}");
            foreach (char c in extracted.Text)
                Assert.False(char.IsControl(c) && c is not ('\n' or '\t'), $"page {i}: U+{(int)c:X4}");
            Assert.All(extracted.Metadata.Values, value => Assert.InRange(value.Length, 1, 2200));
            if (i % 20 == 0)
                Assert.All(extracted.Metadata.Values.Append(extracted.Text), value => Assert.Equal(value, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value))));
            if (i % 1000 == 0)
                Assert.Equal(extracted.Text, new HtmlExtractor(new ExtractionOptions { MaxNodes = 20_000, MaxDepth = 100 }).Extract(page).Text);
        }
        Assert.InRange(written, characters / 1000, characters);
        output.WriteLine($"{Pages} pages, {characters / 1e6:F0} M characters, {written / 1e6:F0} M written, {empty} empty, {truncated} truncated");
    }

    /// <summary>A stretch of a real page with pieces put in, taken out, doubled and swapped with another page's.</summary>
    private static string Mutate(string[] sources, Random random)
    {
        string source = sources[random.Next(sources.Length)];
        int length = Math.Min(source.Length, random.Next(200, 12_000)), start = random.Next(source.Length - length + 1);
        var page = new StringBuilder(source, start, length, length + 1024);
        for (int edits = random.Next(1, 24); edits > 0; edits--)
        {
            int at = random.Next(page.Length + 1);
            switch (random.Next(5))
            {
                case 0:
                    page.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 1:
                    page.Remove(at, Math.Min(page.Length - at, random.Next(40)));
                    break;
                case 2:
                    int count = Math.Min(page.Length - at, random.Next(300));
                    page.Insert(random.Next(page.Length + 1), page.ToString(at, count));
                    break;
                case 3:
                    string other = sources[random.Next(sources.Length)];
                    int from = random.Next(other.Length);
                    page.Insert(at, other.AsSpan(from, Math.Min(other.Length - from, random.Next(400))));
                    break;
                default:
                    if (at < page.Length)
                        page[at] = (char)random.Next(random.Next(2) == 0 ? 128 : 0xFFFF);
                    break;
            }
        }
        return page.ToString();
    }
}
