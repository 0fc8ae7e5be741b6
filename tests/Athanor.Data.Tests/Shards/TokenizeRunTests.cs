using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Data.Stages;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Tests.Shards;

public sealed class TokenizeRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stopped_anywhere_it_goes_on_within_the_shard_to_the_same_bytes()
    {
        _folder.Write("text.txt", string.Join('\n', Enumerable.Range(0, 300).Select(number => $"the river of stone walks {number}")));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              read: { use: read_text, path: text.txt, unit: line }
              tokenizer: { use: train_tokenizer, from: read, vocabulary: 300 }
            """);
        Tokenizer tokenizer = Tokenizer.Load(made["tokenizer"].Folder);
        string[] files = [Corpus.Write(_folder, "a.jsonl", Corpus.Make(1200)), Corpus.Write(_folder, "b.jsonl", Corpus.Make(700, 2))];
        DocumentSet[] sets = [new(null, files), new("random", [Corpus.Write(_folder, "v.jsonl", Corpus.Make(400, 3))])];
        var plan = new TokenizePlan(tokenizer, TokenizerFingerprint.Of(tokenizer), 5, 250_000, 2, TimeSpan.Zero) { BatchCharacters = 100_000 };
        IReadOnlyList<TokenSetSize> whole = new TokenizeRun(sets, plan, _folder["whole"]).Run((_, _) => { }, CancellationToken.None), resumed = [];
        bool within = false;
        int stops = Interrupted.UntilDone(100, attempt => 1 + attempt % 2, (_, step, stop) => resumed = new TokenizeRun(sets, plan, _folder["resumed"]).Run((_, _) => step(), stop), () =>
        {
            within |= Directory.EnumerateFiles(_folder["resumed"], "*.starts.part").Any() && Directory.EnumerateFiles(_folder["resumed"], "*.shard").Any();
            foreach (string file in Directory.EnumerateFiles(_folder["resumed"], "*.part").Concat(Directory.EnumerateFiles(_folder["resumed"], "*.lineage.jsonl").Order(StringComparer.Ordinal).TakeLast(1).Where(_ => Directory.EnumerateFiles(_folder["resumed"], "*.part").Any())))
                File.AppendAllText(file, "half");
        });
        Assert.True(stops > 5 && within, $"{stops} stops");
        Assert.Equal(whole, resumed);
        string[] names = [.. Names("whole").Where(name => name != "tokenize.json")];
        Assert.True(names.Count(name => name.StartsWith("train-", StringComparison.Ordinal) && name.EndsWith(".shard", StringComparison.Ordinal)) >= 3, string.Join(' ', names));
        Assert.Equal(names, Names("resumed").Where(name => name != "tokenize.json"));
        Assert.All(names, name => Assert.True(File.ReadAllBytes(_folder[$"whole/{name}"]).AsSpan().SequenceEqual(File.ReadAllBytes(_folder[$"resumed/{name}"])), name));
        // The tokens of a document are those of its text, with the end behind them.
        using var shard = TokenShard.Open(_folder["resumed/val-random.shard"]);
        Document third = DocumentFile.Read(_folder["v.jsonl"]).ElementAt(2);
        Assert.Equal(whole[1].Documents, shard.Documents);
        Assert.Equal([.. tokenizer.Encode(third.Text), 5], Tokens(shard, 2));
    }

    private IEnumerable<string> Names(string folder) => Directory.EnumerateFiles(_folder[folder]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    private static int[] Tokens(TokenShard shard, int document)
    {
        int[] tokens = new int[shard.Length(document)];
        shard.Read(document, 0, tokens);
        return tokens;
    }
}
