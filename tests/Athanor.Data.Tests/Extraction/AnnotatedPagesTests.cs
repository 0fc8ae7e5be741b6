using Athanor.Data.Extraction;
using Athanor.Testing;

namespace Athanor.Data.Tests.Extraction;

public sealed class AnnotatedPagesTests
{
    [SharedDataFact(AnnotatedPage.File)]
    public void Real_pages_give_their_content_and_little_else()
    {
        AnnotatedPage[] pages = AnnotatedPage.Read(SharedData.Path(AnnotatedPage.File));
        var extractor = new HtmlExtractor();
        ExtractionScore Score(Func<AnnotatedPage, bool> which) => ExtractionScore.Of(pages.Where(which), html => extractor.Extract(html).Text);
        ExtractionScore all = Score(_ => true), development = Score(page => !page.HeldOut), heldOut = Score(page => page.HeldOut);
        Assert.True(all.F1 >= 0.93, $"all pages: {all} {all.F1:F4}");
        Assert.True(development.F1 >= 0.94, $"pages that were looked at: {development} {development.F1:F4}");
        Assert.True(heldOut.F1 >= 0.92, $"pages that were not: {heldOut} {heldOut.F1:F4}");
    }

    [SharedDataFact(AnnotatedPage.File)]
    public void What_was_read_before_has_no_influence()
    {
        AnnotatedPage[] pages = [.. AnnotatedPage.Read(SharedData.Path(AnnotatedPage.File)).Take(40)];
        var one = new HtmlExtractor();
        string[] forward = [.. pages.Select(page => one.Extract(page.Html).Text)];
        string[] backward = [.. pages.Reverse().Select(page => one.Extract(page.Html).Text).Reverse()];
        Assert.Equal(forward, backward);
        Assert.Equal(forward, pages.Select(page => new HtmlExtractor().Extract(page.Html).Text));
    }
}
