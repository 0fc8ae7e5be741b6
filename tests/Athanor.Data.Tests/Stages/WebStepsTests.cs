using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Stages;

public sealed class WebStepsTests : IDisposable
{
    private const string Sentence = "The quick brown fox jumps over the lazy dog, as it has done in every sample text since printing began.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pages_become_documents_and_those_that_must_not_be_used_go()
    {
        using (var writer = new DocumentWriter(_folder["pages.jsonl"]))
        {
            Page("good", "https://a.org/1", "");
            Page("opted-out", "https://a.org/2", "<meta name=robots content='noai, noimageai'>");
            Page("reserved", "https://a.org/3", "<meta name=tdm-reservation content=1>");
            Page("adult", "https://pornhub.com/4", "");
            Page("gone", "https://gone.net/5", "");
            writer.Write(new Document("empty", "<body><nav>Home</nav></body>"));

            void Page(string id, string url, string head) => writer.Write(new Document(id, $"<html lang=en><head><title>About {id}</title>{head}</head><body><nav><a href=/>Home</a></nav><article><p>{Sentence}</p><p>{Sentence}</p></article></body></html>")
            {
                Metadata = new Dictionary<string, string> { ["url"] = url, ["language"] = "de" },
            });
        }
        Artifact made = (await DataRecipe.Run(_folder, """
            stages:
              read: { use: read_jsonl, path: pages.jsonl }
              clean: { use: process, from: read, steps: [filter_url, extract_html, filter_policy, { kind: takedown, more_hosts: [gone.net] }] }
            """))["clean"];
        Document kept = Assert.Single(DocumentFile.Read(made.PathOf("documents.jsonl")));
        Assert.Equal("good", kept.Id);
        Assert.Equal($"{Sentence}\n\n{Sentence}", kept.Text);
        Assert.Equal("About good", kept.Metadata["title"]);
        Assert.Equal("de", kept.Metadata["language"]);
        var rules = File.ReadLines(made.PathOf("removed.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(line => line.GetProperty("id").GetString()!, line => line.GetProperty("rule").GetString());
        Assert.Equal(new Dictionary<string, string?> { ["opted-out"] = "noai", ["reserved"] = "tdm_reservation", ["adult"] = "sub_word", ["gone"] = "takedown_host", ["empty"] = "no_content" }, rules);
    }

    [Fact]
    public void Filters_that_could_remove_nothing_are_refused_before_any_work()
    {
        string problems = string.Join('\n', Assert.Throws<RecipeException>(() => DataRecipe.Parse(_folder, """
            stages:
              read: { use: read_text, path: . }
              a: { use: filter_url, from: read, own_words: false }
              b: { use: filter_policy, from: read, directives: [], tdm_reservation: false }
              c: { use: takedown, from: read }
              d: { use: filter_url, from: read, rules: datatrove, allow: [x.org] }
            """)).Message);
        foreach (string part in (string[])["own_words", "directives", "stages.c", "allow"])
            Assert.Contains(part, problems, StringComparison.Ordinal);
    }
}
