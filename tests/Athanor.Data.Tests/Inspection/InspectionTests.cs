using Athanor.Data.Inspection;
using Athanor.Data.Shards;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Tests.Inspection;

public sealed class InspectionTests : IDisposable
{
    private const string Recipe = """
        stages:
          read: { use: read_text, path: text.txt, unit: line }
          split: { use: split, from: read, held_out: 10% }
          clean: { use: process, from: split, steps: [{ kind: length, min: 20, max: 80 }, { kind: length, max: 60 }] }
          tokenizer: { use: train_tokenizer, from: clean, vocabulary: 300 }
          mix: { use: mix, from: clean }
          tokenize: { use: tokenize, from: [mix, tokenizer], shard_tokens: 1000 }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Removed_and_kept_documents_are_shown_with_their_reasons()
    {
        var output = new StageOutput((await Run())["clean"].Folder);
        IReadOnlyList<ShownDocument> removed = DocumentInspection.Removed(output, null, null, 4), kept = DocumentInspection.Kept(output, null, 3);
        Assert.Equal(["length#2/too_long", "length/too_long", "length/too_short"], removed.Select(document => document.Rule).Distinct());
        Assert.All(removed, document => Assert.True(document.Value > document.Threshold == document.Rule.EndsWith("long", StringComparison.Ordinal)));
        Assert.All(removed.GroupBy(document => document.Rule), group => Assert.Equal(("closest", 4), (group.First().Sample, group.Count())));
        Assert.Equal(61, removed.First(document => document.Rule == "length#2/too_long").Value);
        Assert.Equal(3, kept.Count);
        Assert.All(kept, document => Assert.StartsWith("text.txt@", document.Origin, StringComparison.Ordinal));
        Assert.All(DocumentInspection.Removed(output, null, "short", 2), document => Assert.Equal("length/too_short", document.Rule));
        Assert.Equal(["random"], output.Sets);
        Assert.Contains("no set 'x'", Assert.Throws<InvalidDataException>(() => output.Documents("x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length.characters >= 30", 0)]
    [InlineData("length.characters >= 10", 1)]
    [InlineData("length#2.characters <= 50", 2)]
    public async Task Other_thresholds_are_replayed_without_the_texts(string condition, int which)
    {
        var output = new StageOutput((await Run())["clean"].Folder);
        int[] lengths = [.. DocumentInspectionLengths(output)];
        ReplayResult result = ThresholdReplay.Run(output, null, [ThresholdCondition.Parse(condition)], 5);
        int kept = lengths.Count(length => length is >= 20 and <= 60);
        Assert.Equal((lengths.Length, kept), (result.Documents, result.KeptBefore));
        (int removed, int added) = which switch
        {
            0 => (lengths.Count(length => length is >= 20 and < 30), lengths.Count(length => length > 80)),
            1 => (0, lengths.Count(length => length is (>= 10 and < 20) or > 80)),
            _ => (lengths.Count(length => length is > 50 and <= 60), 0),
        };
        Assert.Equal((removed, added), (result.NewlyRemoved.Values.Sum(), result.NewlyKept.Values.Sum()));
        Assert.Equal(5, result.Examples.Count);
        Assert.All(result.Examples, example => Assert.Equal(example.Kept ? "removed" : "kept", example.Document.Sample));
        Assert.Equal(which == 2 ? 0 : added, result.Unseen);
    }

    /// <summary>Moving one threshold and running the stage again are the same.</summary>
    [Theory]
    [InlineData(3, 60)]
    [InlineData(20, 90)]
    [InlineData(1, 45)]
    public async Task One_moved_threshold_of_a_quality_filter_decides_as_a_new_run_does(int min, int length)
    {
        _folder.Write("words.txt", string.Join('\n', Enumerable.Range(0, 400).Select(number => string.Join(' ', Enumerable.Repeat(new string('w', 1 + number % 7), 1 + number * 13 % 40)))));
        const string Quality = """
            stages:
              read: { use: read_text, path: words.txt, unit: line }
              quality:
                use: process
                from: read
                steps:
                  - { kind: length, max: LENGTH }
                  - { kind: filter_quality, rules: [{ signal: datatrove.words, min: WORDS }, { signal: datatrove.mean_word_length, min: 2, max: 6 }] }
            """;
        string Recipe(int words) => Quality.Replace("WORDS", $"{words}", StringComparison.Ordinal).Replace("LENGTH", $"{length}", StringComparison.Ordinal);
        Artifact before = (await DataRecipe.Run(_folder, Recipe(10)))["quality"], after = (await DataRecipe.Run(_folder, Recipe(min)))["quality"];
        ReplayResult result = ThresholdReplay.Run(new StageOutput(before.Folder), null, [ThresholdCondition.Parse($"datatrove.words >= {min}")], 3);
        Assert.Equal(before.Manifest.Notes["documents"], $"{result.KeptBefore}");
        Assert.Equal(after.Manifest.Notes["documents"], $"{result.KeptAfter}");
        Assert.NotEqual(result.KeptBefore, result.KeptAfter);
        Assert.Equal(0, result.Unseen);
    }

    [Fact]
    public async Task A_signal_that_is_not_there_is_named_with_those_that_are()
    {
        var output = new StageOutput((await Run())["clean"].Folder);
        Assert.Contains("length.characters", Assert.Throws<ArgumentException>(() => ThresholdReplay.Run(output, null, [ThresholdCondition.Parse("words > 3")], 1)).Message, StringComparison.Ordinal);
        Assert.Contains("several", Assert.Throws<ArgumentException>(() => ThresholdReplay.Run(output, null, [ThresholdCondition.Parse("characters > 3")], 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ThresholdCondition.Parse("a = 3"));
    }

    [Fact]
    public async Task Every_token_is_traced_to_the_byte_its_document_was_read_from()
    {
        Artifact made = (await Run())["tokenize"];
        byte[] text = File.ReadAllBytes(_folder["text.txt"]);
        Tokenizer tokenizer = Tokenizer.Load((await Run())["tokenizer"].Folder);
        foreach (string? set in (string?[])[null, "random"])
        {
            string[] shards = [.. Directory.EnumerateFiles(made.Folder, set is null ? "train-*.shard" : "val-random.shard").Order(StringComparer.Ordinal)];
            Assert.True(set is not null || shards.Length > 1);
            long number = 0;
            foreach (string path in shards)
            {
                using TokenShard shard = TokenShard.Open(path);
                for (long document = 0; document < shard.Documents; document += 7)
                {
                    int[] ids = new int[shard.Length(document)];
                    shard.Read(document, 0, ids);
                    byte[] bytes = System.Text.Encoding.UTF8.GetBytes(tokenizer.Decode(ids));
                    TokenTrace trace = TokenTrace.Find(made.Folder, number + shard.Start(document) + ids.Length - 1, set);
                    Assert.Equal((Path.GetFileName(path), document, ids.Length - 1), (trace.Shard, trace.Document, trace.Place));
                    Assert.Equal("text.txt", trace.Lineage.Origin!.File);
                    Assert.Equal(bytes, text.AsSpan((int)trace.Lineage.Origin.Offset, bytes.Length));
                }
                number += shard.Tokens;
            }
            Assert.Contains($"no token {number}", Assert.Throws<ShardException>(() => TokenTrace.Find(made.Folder, number, set)).Message, StringComparison.Ordinal);
        }
        Assert.Equal(TokenTrace.Find(made.Folder, 0), TokenTrace.FindDocument(made.Folder, 0));
    }

    private static IEnumerable<int> DocumentInspectionLengths(StageOutput output) =>
        Athanor.Data.Documents.DocumentFile.Read(Path.Combine(output.Parents[0], "documents.jsonl")).Select(document => document.Text.Length);

    private Task<IReadOnlyDictionary<string, Artifact>> Run()
    {
        _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, 600).Select(number => $"line {number} {new string('x', number * 7 % 95)}")));
        return DataRecipe.Run(_folder, Recipe);
    }
}
