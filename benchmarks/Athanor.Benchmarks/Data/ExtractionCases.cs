using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Extraction;
using Athanor.Data.Steps;
using Athanor.Data.Urls;
using Athanor.Testing;

namespace Athanor.Benchmarks.Data;

/// <summary>Extraction of real annotated pages, with how well it does, and the filters of addresses.</summary>
internal static class ExtractionCases
{
    public static void Run(Options options, Report report)
    {
        if (options.Wants("extraction") && Find(AnnotatedPage.File) is { } file)
            Pages(options, report, AnnotatedPage.Read(file));
        if (options.Wants("url"))
            Addresses(options, report);
    }

    private static void Pages(Options options, Report report, AnnotatedPage[] pages)
    {
        var extractor = new HtmlExtractor();
        double megabytes = pages.Sum(page => (double)Encoding.UTF8.GetByteCount(page.Html)) / 1e6;
        report.Group("extraction", FormattableString.Invariant($"{pages.Length} annotated pages, {megabytes:F1} MB"));
        var measure = new Measure();
        measure.Add("main content", pages.Length, _ =>
        {
            foreach (AnnotatedPage page in pages)
                extractor.Extract(page.Html);
        });
        measure.Add("nodes alone", pages.Length, _ =>
        {
            foreach (AnnotatedPage page in pages)
                extractor.Tree.Read(page.Html);
        });
        measure.Go(options.Quick ? 0.6 : 4);
        foreach (string name in (string[])["main content", "nodes alone"])
        {
            report.Add(new Result("", name, measure.Median(name), "pages/s") { Best = measure.Best(name) });
            report.Add(new Result("", name, measure.Median(name) * megabytes / pages.Length, "MB/s") { Best = measure.Best(name) * megabytes / pages.Length });
        }
        foreach ((string name, bool? heldOut) in ((string, bool?)[])[("all pages", null), ("pages that were looked at", false), ("held-out pages", true)])
            report.Add(new Result("", name, ExtractionScore.Of(pages.Where(page => heldOut is null || page.HeldOut == heldOut), html => extractor.Extract(html).Text).F1, "F1"));
    }

    private static void Addresses(Options options, Report report)
    {
        string[] words = ["news", "article", "2024", "blog", "de", "en", "shop", "video", "index", "html", "about", "science", "page", "the", "best", "how", "to"];
        Document[] documents = [.. Enumerable.Range(0, 20_000).Select(i => new Document($"{i}", "")
        {
            Metadata = new Dictionary<string, string> { ["url"] = $"https://www.{words[i % 17]}{i % 977}.co.uk/{words[i % 13]}/{words[i % 11]}-{words[i % 7]}-{words[i % 5]}/{i}.html?id={i * 7919}" },
        })];
        // Where a block list is large, most of the time goes into looking for hosts that are not there.
        DocumentStep step = new FilterUrlSettings { MoreDomains = [.. Enumerable.Range(0, options.Quick ? 10_000 : 1_000_000).Select(i => $"blocked{i}.com")] }.Prepare(0)();
        report.Group("url", FormattableString.Invariant($"{documents.Length} addresses"));
        var measure = new Measure();
        float[] signals = new float[1];
        measure.Add("filter", documents.Length, _ =>
        {
            for (int i = 0; i < documents.Length; i++)
                step.Apply(ref documents[i], signals);
        });
        measure.Go(options.Quick ? 0.3 : 2);
        report.Add(new Result("", "filter", measure.Median("filter"), "documents/s") { Best = measure.Best("filter") });
    }

    private static string? Find(string file)
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_DATA") is { Length: > 0 } named)
            return File.Exists(Path.Combine(named, file)) ? Path.Combine(named, file) : null;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", file);
            if (File.Exists(path))
                return path;
        }
        return null;
    }
}
