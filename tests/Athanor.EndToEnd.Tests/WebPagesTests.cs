using System.Diagnostics;
using System.Text.Json;

namespace Athanor.EndToEnd.Tests;

/// <summary>recipes/web-pages.yaml over real pages, by the tool in a process of its own.</summary>
public sealed class WebPagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-pages-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Pages_of_a_folder_become_token_shards_with_every_removal_explained()
    {
        string pages = Directory.CreateDirectory(Path.Combine(_folder, "pages")).FullName;
        var random = new Random(1);
        for (int page = 0; page < 60; page++)
        {
            string body = page % 10 == 9 ? "<p>Short.</p>" : string.Concat(Enumerable.Range(0, 6).Select(_ => $"<p>{Sentence(random)} {Sentence(random)} {Sentence(random)}</p>"));
            File.WriteAllText(Path.Combine(pages, $"{page:D2}.html"), $"<html><head><title>Page {page}</title></head><body><nav><a href=a>Home</a> <a href=b>Menu</a></nav><main><h1>Page {page}</h1>{body}</main><footer>Imprint</footer></body></html>");
        }
        IReadOnlyDictionary<string, string> made = await Run(pages, "tokenizer.vocabulary=300");
        string[] texts = [.. Lines(made["clean"], "documents.jsonl").Select(line => line.GetProperty("text").GetString()!)];
        JsonElement[] removed = [.. Lines(made["clean"], "removed.jsonl")];
        Assert.Equal(60, texts.Length + removed.Length);
        Assert.True(texts.Length >= 40, string.Join('\n', removed.Select(line => line.ToString())));
        Assert.All(texts, text => Assert.DoesNotContain("Menu", text, StringComparison.Ordinal));
        Assert.All(removed, line => Assert.NotEqual("", line.GetProperty("rule").GetString()));
        Assert.NotEmpty(Directory.EnumerateFiles(made["tokenize"], "train-*.shard"));
    }

    [DebianFact]
    [Trait("Category", "Long")]
    public async Task Documentation_packages_of_Debian_become_token_shards()
    {
        string packages = Path.Combine(_folder, "packages"), pages = Path.Combine(_folder, "pages");
        if (DebianFactAttribute.Packages is { } there)
            packages = there;
        else
        {
            Directory.CreateDirectory(packages);
            Command("apt-get", packages, "download", "postgresql-doc-15", "debian-handbook", "python3.11-doc");
        }
        foreach (string package in Directory.EnumerateFiles(packages, "*.deb"))
            Command("dpkg", _folder, "-x", package, pages);
        IReadOnlyDictionary<string, string> made = await Run(pages);
        JsonElement[] kept = [.. Lines(made["clean"], "documents.jsonl")];
        int removed = Lines(made["clean"], "removed.jsonl").Count();
        Assert.True(kept.Length > 1000, $"{kept.Length} of {kept.Length + removed} pages were kept.");
        Assert.Contains(kept, page => page.GetProperty("text").GetString()!.Contains("The quota system allows limiting disk space", StringComparison.Ordinal));
        // PostgreSQL's pages have a bar of links above and below the text.
        Assert.DoesNotContain(kept, page => page.GetProperty("text").GetString()!.Contains("Prev\nUp", StringComparison.Ordinal));
        int distinct = Lines(made["dedup"], "documents.jsonl").Count();
        Assert.InRange(distinct, kept.Length / 4, kept.Length - 100);
        Assert.NotEmpty(Directory.EnumerateFiles(made["tokenize"], "train-*.shard"));
    }

    private async Task<IReadOnlyDictionary<string, string>> Run(string pages, params string[] settings)
    {
        string runs = Path.Combine(_folder, "runs");
        (int code, string output, string errors) = await TinyRun.Run(["run", Recipe(), "--runs", runs, "--set", $"pages.path={pages}", .. settings]);
        Assert.True(code == 0, output + errors);
        using JsonDocument stages = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(runs, "web-pages", "stages.json")));
        return stages.RootElement.EnumerateObject().ToDictionary(stage => stage.Name, stage => stage.Value.GetString()!);
    }

    private static IEnumerable<JsonElement> Lines(string folder, string file) => File.ReadLines(Path.Combine(folder, file)).Select(line => JsonDocument.Parse(line).RootElement);

    private static string Recipe()
    {
        DirectoryInfo at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Athanor.slnx")))
            at = at.Parent!;
        return Path.Combine(at.FullName, "recipes", "web-pages.yaml");
    }

    /// <summary>Words that stop-word filters look for between words that nothing repeats.</summary>
    private static string Sentence(Random random)
    {
        string Word() => string.Concat(Enumerable.Range(0, random.Next(2, 4)).Select(_ => ((string[])["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "wu"])[random.Next(10)]));
        return $"The {Word()} of {Word()} have {Word()} that {Word()} be {Word()} to {Word()} with {Word()} and {Word()}.";
    }

    private static void Command(string file, string folder, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}

/// <summary>A test that takes packages of Debian 12 from its mirror, or from the folder that ATHANOR_DEBIAN names.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DebianFactAttribute : FactAttribute
{
    public static string? Packages => Environment.GetEnvironmentVariable("ATHANOR_DEBIAN");

    public DebianFactAttribute()
    {
        if (!File.Exists("/usr/bin/apt-get") || !File.Exists("/etc/debian_version") || !File.ReadAllText("/etc/debian_version").StartsWith("12", StringComparison.Ordinal))
            Skip = "This is no Debian 12, whose documentation packages are read.";
    }
}
