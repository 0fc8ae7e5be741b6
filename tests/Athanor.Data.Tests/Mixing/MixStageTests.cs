using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Mixing;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Tests.Mixing;

public sealed class MixStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(MixOrder.Shuffle)]
    [InlineData(MixOrder.ShortToLong)]
    public void Neither_buckets_nor_workers_decide_about_a_byte(MixOrder order)
    {
        Document[] documents = [.. Corpus.Make(1500)];
        string[] files = [Corpus.Write(_folder, "a.jsonl", documents[..700]), Corpus.Write(_folder, "b.jsonl", documents[700..])];
        var settings = new MixSettings { Order = order };
        byte[] one = Mix(files, settings, 1, long.MaxValue), many = Mix(files, settings, 7, 10_000), other = Mix(files, settings, 1, 10_000, seed: 8);
        Assert.Equal(one, many);
        Assert.NotEqual(one, other);
        Document[] mixed = [.. DocumentFile.Read(_folder["mixed-1-7/mixture.jsonl"])];
        Assert.Equal(documents.Select(document => document.Id).Order(StringComparer.Ordinal), mixed.Select(document => document.Id).Order(StringComparer.Ordinal));
        Assert.Equal(documents.Single(document => document.Id == mixed[5].Id).Origin, mixed[5].Origin);
        if (order == MixOrder.ShortToLong)
            Assert.Equal(mixed.Select(document => document.Text.Length).Order(), mixed.Select(document => document.Text.Length));
        else
            // Of a random order, about half of the neighbours are in order.
            Assert.InRange(mixed.Zip(mixed.Skip(1)).Count(pair => Number(pair.First) < Number(pair.Second)), 650, 850);
    }

    [Theory]
    [InlineData(MixOrder.Shuffle, 1)]
    [InlineData(MixOrder.ShortToLong, 3)]
    [InlineData(MixOrder.AsRead, 2)]
    public void Stopped_anywhere_it_goes_on_to_the_same_bytes(MixOrder order, int workers)
    {
        Document[] documents = [.. Corpus.Make(1500)];
        string[] files = [Corpus.Write(_folder, "a.jsonl", documents[..700]), Corpus.Write(_folder, "b.jsonl", documents[700..])];
        var settings = new MixSettings { Order = order, Budget = 2 * documents.Sum(document => (long)document.Text.Length) };
        MixRun Begin(string folder, long bucketBytes) => new(files, settings, null, 3, workers, bucketBytes, TimeSpan.Zero, _folder[folder]);
        IReadOnlyList<MixedDomain> whole = Begin("whole", 200_000).Run(_ => { }, CancellationToken.None), resumed = [];
        var passes = new HashSet<MixPass>();
        // The memory changes too, and with it the buckets that a new run would take.
        Interrupted.UntilDone(200, attempt => 2 + attempt % 3, (attempt, step, stop) => resumed = Begin("resumed", attempt % 2 == 0 ? 200_000 : 50_000).Run(_ => step(), stop), () =>
        {
            passes.Add(MixProgress.Read(_folder["resumed"])?.Pass ?? MixPass.Scan);
            foreach (string file in Directory.EnumerateFiles(_folder["resumed"]).Where(file => Path.GetFileName(file) != MixProgress.FileName))
                File.AppendAllText(file, "half a line");
        });
        Assert.Equal(order == MixOrder.AsRead ? 2 : 3, passes.Count);
        Assert.Equal(whole, resumed);
        Assert.Equal(File.ReadAllBytes(_folder["whole/mixture.jsonl"]), File.ReadAllBytes(_folder["resumed/mixture.jsonl"]));
        // The index alone is enough where the mixture was taken away.
        File.Delete(_folder["resumed/mixture.jsonl"]);
        Assert.Equal(whole, Begin("resumed", 1_000_000).Run(_ => { }, CancellationToken.None));
        Assert.Equal(File.ReadAllBytes(_folder["whole/mixture.jsonl"]), File.ReadAllBytes(_folder["resumed/mixture.jsonl"]));
    }

    [Fact]
    public void Weights_and_the_budget_are_met_within_a_document()
    {
        string file = Corpus.Write(_folder, "a.jsonl", Corpus.Make(3000));
        long all = DocumentFile.Read(file).Sum(document => (long)document.Text.Length), longest = DocumentFile.Read(file).Max(document => document.Text.Length);
        var settings = new MixSettings
        {
            Domains = new Dictionary<string, MixDomain> { ["big"] = new() { Weight = 4, Of = ["source-0"] }, ["small"] = new() { Weight = 1, Of = ["source-1"] } },
            Budget = all,
        };
        var run = new MixRun([file], settings, null, 1, 1, long.MaxValue, TimeSpan.FromHours(1), _folder["m"]);
        IReadOnlyList<MixedDomain> mixed = run.Run(_ => { }, CancellationToken.None);
        Document[] documents = [.. DocumentFile.Read(_folder["m/mixture.jsonl"])];
        Assert.Equal(1000, run.Left);
        Assert.Equal(0.8 * all, documents.Where(document => document.Source == "source-0").Sum(document => (double)document.Text.Length), (double)longest);
        Assert.Equal(0.2 * all, documents.Where(document => document.Source == "source-1").Sum(document => (double)document.Text.Length), (double)longest);
        Assert.DoesNotContain(documents, document => document.Source == "source-2");
        // The big one is read 2.4 times: every document two or three times.
        int[] times = [.. documents.Where(document => document.Source == "source-0").GroupBy(document => document.Id).Select(group => group.Count()).Distinct().Order()];
        Assert.Equal([2, 3], times);
        Assert.Equal(documents.Count(document => document.Source == "source-0"), mixed[0].MixedDocuments);
        Assert.Equal(2.4, mixed[0].Repeat, 0.1);
    }

    [Fact]
    public async Task Held_out_documents_stay_and_tokens_can_be_the_measure()
    {
        _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, 400).Select(number => $"Line {number} of several words {number * number}.")));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              split: { use: split, from: read, held_out: 20% }
              tokenizer: { use: train_tokenizer, from: split, vocabulary: 300 }
              mix: { use: mix, from: [split, tokenizer], unit: tokens, budget: 3000 }
            """);
        Assert.Equal(File.ReadAllBytes(made["split"].PathOf("val-random.jsonl")), File.ReadAllBytes(made["mix"].PathOf("val-random.jsonl")));
        Tokenizer tokenizer = Tokenizer.Load(made["tokenizer"].Folder);
        int tokens = DocumentFile.Read(made["mix"].PathOf("documents.jsonl")).Sum(document => tokenizer.Encode(document.Text).Length);
        Assert.InRange(tokens, 2970, 3030);
        Assert.Equal($"{tokens}", made["mix"].Manifest.Notes["tokens"]);
        using var mixture = JsonDocument.Parse(File.ReadAllBytes(made["mix"].PathOf("mixture.json")));
        Assert.Equal("tokens", mixture.RootElement.GetProperty("unit").GetString());
        Assert.True(made["mix"].Manifest.Memory is { Before: > 0, Declared: > 0 } memory && memory.Peak >= memory.Before);
        Assert.Null(made["split"].Manifest.Memory!.Declared);
        Assert.Equal(["documents.jsonl", "mixture.json", "val-random.jsonl"], made["mix"].Manifest.Files.Select(file => file.Path));
    }

    [Theory]
    [InlineData("domains: { a: { weight: 1 }, b: {} }", "have a weight and others do not")]
    [InlineData("domains: { a: { of: [x] }, b: { of: [x] } }", "belongs to two domains")]
    [InlineData("domains: { a: { weight: 0 } }", "All weights are 0")]
    public void Impossible_mixtures_are_reported_before_any_work(string setting, string says)
    {
        _folder.Write("text.txt", "x");
        var error = Assert.Throws<RecipeException>(() => DataRecipe.Parse(_folder, $"stages: {{ read: {{ use: read_text, path: text.txt }}, m: {{ use: mix, from: read, {setting} }} }}"));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Domains_that_no_document_is_of_are_an_error()
    {
        string file = Corpus.Write(_folder, "a.jsonl", Corpus.Make(10));
        var run = new MixRun([file], new MixSettings { By = "language", Domains = new Dictionary<string, MixDomain> { ["en"] = new() } }, null, 1, 1, 1 << 20, TimeSpan.Zero, _folder["m"]);
        var error = Assert.Throws<InvalidDataException>(() => run.Run(_ => { }, CancellationToken.None));
        Assert.Contains("'language'", error.Message, StringComparison.Ordinal);
    }

    private static int Number(Document document) => int.Parse(document.Metadata["number"], null);

    private byte[] Mix(string[] files, MixSettings settings, int workers, long bucketBytes, long seed = 7)
    {
        string folder = _folder[$"mixed-{workers}-{seed}"];
        new MixRun(files, settings, null, seed, workers, bucketBytes, TimeSpan.FromHours(1), folder).Run(_ => { }, CancellationToken.None);
        return File.ReadAllBytes(Path.Combine(folder, MixRun.Mixture));
    }
}
