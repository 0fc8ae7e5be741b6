using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Data.Stages;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Tests.Stages;

public sealed class DataStagesTests : IDisposable
{
    private const string Whole = """
        name: small
        stages:
          read: { use: read_text, path: text.txt, unit: line }
          dedup: { use: dedup_exact, from: read }
          split: { use: split, from: dedup, held_out: 20% }
          tokenizer: { use: train_tokenizer, from: split, vocabulary: 300 }
          tokenize: { use: tokenize, from: [split, tokenizer], shard_tokens: 1000, end_token: true }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Text_becomes_shards_whose_tokens_decode_to_it()
    {
        string[] lines = [.. Enumerable.Range(0, 200).Select(number => $"Line {number} says \u00e9 and \ud83d\ude00 {number * number}.")];
        _folder.Write("text.txt", string.Join('\n', lines.Concat(lines[..50])));
        IReadOnlyDictionary<string, Artifact> made = await Run(Whole);
        Assert.Equal("50", made["dedup"].Manifest.Notes["removed"]);
        JsonElement removed = JsonDocument.Parse(File.ReadLines(made["dedup"].PathOf("removed.jsonl")).First()).RootElement;
        Assert.Equal("text.txt@0", removed.GetProperty("kept").GetString());
        Assert.Equal("exact_duplicate", removed.GetProperty("rule").GetString());

        string[] training = [.. DocumentFile.Read(made["split"].PathOf("documents.jsonl")).Select(document => document.Text)];
        string[] heldOut = [.. DocumentFile.Read(made["split"].PathOf("val-random.jsonl")).Select(document => document.Text)];
        Assert.Equal(lines.Order(StringComparer.Ordinal), training.Concat(heldOut).Order(StringComparer.Ordinal));
        Assert.InRange(heldOut.Length, 20, 60);

        Tokenizer tokenizer = Tokenizer.Load(made["tokenizer"].Folder);
        Assert.Equal(300, tokenizer.VocabularySize);
        TokenSetSummary summary = TokenSetSummary.Read(made["tokenize"].Folder);
        string[] shards = [.. Directory.GetFiles(made["tokenize"].Folder, "train-*.shard").Order(StringComparer.Ordinal)];
        Assert.True(shards.Length > 1);
        Assert.Equal(training, shards.SelectMany(shard => Decode(shard, tokenizer)));
        Assert.Equal(heldOut, Decode(made["tokenize"].PathOf("val-random.shard"), tokenizer));
        Assert.Equal(training.Sum(text => System.Text.Encoding.UTF8.GetByteCount(text)), summary.Train.Bytes);
        Assert.Equal(training.Sum(text => text.EnumerateRunes().Count()), summary.Train.Characters);
        Assert.Equal(training.Length, summary.Train.Documents);
        Assert.Equal(heldOut.Length, summary.Val["random"].Documents);
        Assert.Equal(tokenizer.EosId, summary.EndToken);
    }

    [Fact]
    public async Task Threads_and_a_second_run_change_nothing()
    {
        _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, 300).Select(number => $"Some {number % 17} words {number}.")));
        Assert.Null(TokenSetSummary.Read((await Run(Whole.Replace(", end_token: true", "", StringComparison.Ordinal), "c"))["tokenize"].Folder).EndToken);
        string one = (await Run(Whole.Replace("shard_tokens: 1000", "threads: 1", StringComparison.Ordinal), "a"))["tokenize"].Manifest.Content;
        string three = (await Run(Whole.Replace("shard_tokens: 1000", "threads: 3", StringComparison.Ordinal), "b"))["tokenize"].Manifest.Content;
        Assert.Equal(one, three);
    }

    [Fact]
    public async Task Documentation_is_split_by_type()
    {
        string members = string.Concat(Enumerable.Range(0, 2000).Select(number => $"<member name=\"M:A.T{number % 200}.M{number}\"><summary>Does {number}.</summary></member>"));
        _folder.Write("docs/A.xml", $"<doc><members>{members}</members></doc>");
        _folder.Write("docs/B.xml", "<doc><members><member name=\"F:B.C\"><summary>Good.</summary></member><oops</doc>");
        IReadOnlyDictionary<string, Artifact> made = await Run("""
            stages:
              docs: { use: dotnet_docs, path: docs }
              split: { use: split, from: docs, group_by: type, held_out_groups: 5% }
            """);
        Assert.Contains("B.xml", File.ReadAllText(made["docs"].PathOf("skipped.jsonl")), StringComparison.Ordinal);
        Assert.Equal("2001", made["docs"].Manifest.Notes["documents"]);
        Assert.True(long.Parse(made["split"].Manifest.Notes["val_types_documents"], null) >= 10);
    }

    [Theory]
    [InlineData("vocabulary: 256", "257")]
    [InlineData("pre_tokenizer: cl100", "cl100k")]
    [InlineData("digits: each, pre_tokenizer: gpt2", "gpt2")]
    [InlineData("special_tokens: []", "ends it")]
    public void Impossible_settings_are_reported_before_any_work(string setting, string says)
    {
        _folder.Write("text.txt", "x");
        var error = Assert.Throws<RecipeException>(() => Parse(Whole.Replace("vocabulary: 300", setting, StringComparison.Ordinal)));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deduplication_behind_a_split_is_refused()
    {
        _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, 100)));
        var error = await Assert.ThrowsAsync<StageException>(() => Run("""
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              split: { use: split, from: read }
              dedup: { use: dedup_exact, from: split }
            """));
        Assert.Contains("Put the split behind it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_empty_is_an_error_with_the_path()
    {
        _folder.Write("text.txt", "\n \n");
        var error = await Assert.ThrowsAsync<StageException>(() => Run("stages: { read: { use: read_text, path: text.txt } }"));
        Assert.Contains("text.txt", error.Message, StringComparison.Ordinal);
    }

    private static List<string> Decode(string path, Tokenizer tokenizer)
    {
        using TokenShard shard = TokenShard.Open(path);
        Assert.Equal(TokenizerFingerprint.Of(tokenizer), shard.Tokenizer.ToArray());
        var texts = new List<string>();
        for (long document = 0; document < shard.Documents; document++)
        {
            int[] ids = new int[shard.Length(document)];
            shard.Read(document, 0, ids);
            Assert.Equal(tokenizer.EosId, ids[^1]);
            texts.Add(tokenizer.Decode(ids.AsSpan(..^1)));
        }
        return texts;
    }

    private Recipe Parse(string yaml) =>
        Recipe.Parse(System.Text.Encoding.UTF8.GetBytes(yaml), new RecipeVocabulary().AddData(), "small", _folder.FullName);

    private async Task<IReadOnlyDictionary<string, Artifact>> Run(string yaml, string runs = "runs")
    {
        Recipe recipe = Parse(yaml);
        using RunLedger ledger = RunLedger.Start(_folder[runs], recipe, new RunLedgerOptions { TensorBoard = false });
        return await new RecipeRunner(new ArtifactStore(_folder[runs + "/.store"])).Run(recipe, ledger, new RunProgress());
    }
}
