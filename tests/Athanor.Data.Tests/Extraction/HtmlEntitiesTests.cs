using System.Net;
using Athanor.Data.Extraction;

namespace Athanor.Data.Tests.Extraction;

public sealed class HtmlEntitiesTests
{
    [Theory]
    [InlineData("a &amp; b &lt;p&gt; &quot;x&quot; &apos;y&apos;", "a & b <p> \"x\" 'y'")]
    [InlineData("&#65;&#x42;&#X43;&#8364;&#128512;", "ABC€😀")]
    [InlineData("&#150;&#x80;", "–€")]
    [InlineData("&#0;&#xD800;&#1114112;&#99999999999999999999;", "����")]
    [InlineData("AT&T &unknown; & &; &# &#x; &#xg", "AT&T &unknown; & &; &# &#x; &#xg")]
    [InlineData("&copy 2020 &nbspx &notit; &ampamp", "© 2020 \u00A0x ¬it; &amp")]
    [InlineData("?a=1&copy=2&lt=3", "?a=1&copy=2&lt=3")]
    [InlineData("&NotEqualTilde;&hellip;&mdash;&Auml;&CounterClockwiseContourIntegral;", "≂̸…—Ä∳")]
    public void References_are_read_as_the_standard_says(string text, string expected) => Assert.Equal(expected, HtmlEntities.Decode(text));

    [Fact]
    public void Names_of_HTML_4_mean_what_they_mean_to_the_framework()
    {
        int compared = 0;
        foreach (string name in HtmlEntityNames.All.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(entry => $"&{entry[..entry.IndexOf('=', StringComparison.Ordinal)]};"))
        {
            string theirs = WebUtility.HtmlDecode(name);
            if (theirs == name)
                continue;
            // The standard has moved the angle brackets since.
            if (name is not ("&lang;" or "&rang;"))
                Assert.Equal(theirs, HtmlEntities.Decode(name));
            compared++;
        }
        Assert.True(compared >= 250, $"{compared}");
    }
}
