using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Signals;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Stages;

public sealed class StepStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_step_keeps_and_removes_and_says_why()
    {
        Lines(300);
        Artifact made = (await Run("""
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              short: { use: length, from: read, min: 12, max: 40 }
            """))["short"];
        Document[] kept = [.. DocumentFile.Read(made.PathOf("documents.jsonl"))];
        Assert.All(kept, document => Assert.InRange(document.Text.Length, 12, 40));
        JsonElement[] removed = [.. File.ReadLines(made.PathOf("removed.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(300, kept.Length + removed.Length);
        Assert.Equal($"{kept.Length}", made.Manifest.Notes["documents"]);
        Assert.Equal($"{removed.Count(line => line.GetProperty("rule").GetString() == "too_long")}", made.Manifest.Notes["removed length/too_long"]);
        JsonElement one = removed.First(line => line.GetProperty("rule").GetString() == "too_short");
        Assert.Equal("length", one.GetProperty("step").GetString());
        Assert.Equal(12, one.GetProperty("threshold").GetInt32());
        Assert.InRange(one.GetProperty("value").GetInt32(), 1, 11);
        Assert.Equal("text.txt", one.GetProperty("origin").GetProperty("file").GetString());
        Assert.Contains("line", one.GetProperty("excerpt").GetProperty("head").GetString(), StringComparison.Ordinal);
        Assert.False(one.TryGetProperty("text", out _));
        JsonElement[] samples = [.. File.ReadLines(made.PathOf("samples.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(20, samples.Count(sample => sample.GetProperty("sample").GetString() == "kept"));
        Assert.All(samples, sample => Assert.True(sample.GetProperty("text").GetString()!.Length > 0));
        // The closest call misses the threshold by one.
        Assert.Contains(samples, sample => sample.GetProperty("sample").GetString() == "closest" && sample.GetProperty("value").GetInt32() == 41);
    }

    [Fact]
    public async Task Signals_lead_to_the_lines_they_belong_to()
    {
        Lines(400);
        IReadOnlyDictionary<string, Artifact> made = await Run("""
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              short: { use: length, from: read, min: 20 }
            """);
        using var reader = new SignalReader(made["short"].PathOf("signals.bin"));
        Assert.Equal(["length.characters"], reader.Names);
        int rows = 0;
        foreach (SignalBlock block in reader.Blocks())
        {
            for (int row = 0; row < block.Rows; row++, rows++)
            {
                JsonElement input = LineAt(made["read"].PathOf("documents.jsonl"), block.InputOffset(row));
                JsonElement output = LineAt(made["short"].PathOf(block.Outcome(row) == 0 ? "documents.jsonl" : "removed.jsonl"), block.OutputOffset(row));
                Assert.Equal(input.GetProperty("id").GetString(), output.GetProperty("id").GetString());
                Assert.Equal(input.GetProperty("text").GetString()!.Length, block.Column(0)[row]);
                Assert.Equal(block.Column(0)[row] < 20 ? 1 : 0, block.Outcome(row));
            }
        }
        Assert.Equal(400, rows);
    }

    [Fact]
    public async Task Steps_in_one_pass_make_what_they_make_one_after_another()
    {
        Lines(500);
        IReadOnlyDictionary<string, Artifact> made = await Run("""
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              split: { use: split, from: read, held_out: 20% }
              a: { use: length, from: split, min: 10 }
              b: { use: length, from: a, max: 60 }
              both: { use: process, from: split, steps: [{ kind: length, min: 10 }, { kind: length, max: 60 }] }
            """);
        foreach (string file in (string[])["documents.jsonl", "val-random.jsonl"])
        {
            Assert.Equal(File.ReadAllBytes(made["b"].PathOf(file)), File.ReadAllBytes(made["both"].PathOf(file)));
            Assert.True(DocumentFile.Read(made["both"].PathOf(file)).Any());
        }
        string[] removed = [.. File.ReadLines(made["both"].PathOf("removed.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("step").GetString()!).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["length", "length#2"], removed);
        using var reader = new SignalReader(made["both"].PathOf("signals.bin"));
        Assert.Equal(["length.characters", "length#2.characters"], reader.Names);
        SignalBlock block = reader.Blocks().First();
        Assert.All(Enumerable.Range(0, block.Rows), row => Assert.Equal(block.Outcome(row) == 1, float.IsNaN(block.Column(1)[row])));
    }

    [Fact]
    public async Task The_number_of_workers_decides_about_no_byte()
    {
        Corpus.Write(_folder, "in/documents.jsonl", Corpus.Make(1500));
        _folder.Write("text.txt", string.Join('\n', DocumentFile.Read(_folder["in/documents.jsonl"]).Select(document => document.Text.Replace('\n', ' '))));
        const string Recipe = """
            data: { workers: 1 }
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              clean: { use: process, from: read, steps: [{ kind: length, min: 300 }, { kind: length, max: 2000 }] }
            """;
        string[] contents = [.. await Task.WhenAll(((int[])[1, 2, 7]).Select(async workers =>
            (await Run(Recipe.Replace("workers: 1", $"workers: {workers}", StringComparison.Ordinal), $"runs{workers}"))["clean"].Manifest.Content))];
        Assert.Single(contents.Distinct());
    }

    [Fact]
    public async Task Whole_texts_of_removed_documents_are_written_where_asked()
    {
        Lines(100);
        const string Recipe = """
            data: { removed: all, samples: 0 }
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              short: { use: length, from: read, min: 20 }
            """;
        Artifact all = (await Run(Recipe))["short"], none = (await Run(Recipe.Replace("all", "none", StringComparison.Ordinal)))["short"];
        Assert.All(File.ReadLines(all.PathOf("removed.jsonl")), line => Assert.True(JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!.Length < 20));
        Assert.Equal(0, new FileInfo(none.PathOf("removed.jsonl")).Length);
        Assert.Equal(0, new FileInfo(none.PathOf("samples.jsonl")).Length);
        Assert.Equal(all.Manifest.Notes["removed length/too_short"], none.Manifest.Notes["removed length/too_short"]);
    }

    [Theory]
    [InlineData("steps: []", "no step")]
    [InlineData("steps: [lenght]", "length")]
    [InlineData("steps: [{ kind: length, min: 9, max: 3 }]", "at most")]
    public void Impossible_steps_are_reported_before_any_work(string steps, string says)
    {
        Lines(1);
        var error = Assert.Throws<RecipeException>(() => DataRecipe.Parse(_folder, $"stages: {{ read: {{ use: read_text, path: text.txt }}, p: {{ use: process, from: read, {steps} }} }}"));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    private static JsonElement LineAt(string path, long offset)
    {
        using FileStream stream = File.OpenRead(path);
        stream.Position = offset;
        using var reader = new StreamReader(stream);
        return JsonDocument.Parse(reader.ReadLine()!).RootElement;
    }

    private void Lines(int count) => _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, count).Select(number => $"line {number} {new string('x', number % 90)}")));

    private Task<IReadOnlyDictionary<string, Artifact>> Run(string yaml, string runs = "runs") => DataRecipe.Run(_folder, yaml, runs);
}
