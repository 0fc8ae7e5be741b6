using Athanor.Data.Documents;
using Athanor.Data.LanguageModels;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.LanguageModels;

public sealed class PerplexityStageTests : IDisposable
{
    private const string Good = "the river runs over the stones and the fox runs over the bridge";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{ use: train_ngram, from: good, order: 3, unit: normalized }", "{ use: perplexity, from: [texts, model], max: 10, buckets: [6, 8] }")]
    [InlineData("{ use: train_ngram, from: good, order: 3, unit: words, quantize: true }", "{ use: process, from: [texts, model], steps: [{ kind: perplexity, max: 10, buckets: [6, 8] }] }")]
    [InlineData("{ use: train_ngram, from: [good, tokenizer], order: 4, unit: tokens }", "{ use: perplexity, from: [texts, model], max: 10, buckets: [6, 8] }")]
    public async Task Text_unlike_what_the_model_was_trained_on_is_removed(string training, string filter)
    {
        _folder.Write("good.txt", string.Join('\n', Enumerable.Range(0, 400).Select(number => Sentence(number))));
        _folder.Write("texts.txt", string.Join('\n', [Sentence(1000), "Xq zzkr 77 !! qwp zzv lorrem bxx", Sentence(2000), "buy now click here best price shoes"]));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, $$"""
            stages:
              good: { use: read_text, path: good.txt, unit: line }
              texts: { use: read_text, path: texts.txt, unit: line }
              tokenizer: { use: train_tokenizer, from: good, vocabulary: 300 }
              model: {{training}}
              filter: {{filter}}
            """);
        Document[] kept = [.. DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name))];
        Assert.Equal([Sentence(1000), Sentence(2000)], kept.Select(document => document.Text));
        Assert.All(kept, document => Assert.Equal("head", document.Metadata["perplexity_bucket"]));
        Assert.Equal(2, File.ReadLines(made["filter"].PathOf("removed.jsonl")).Count(line => line.Contains("high_perplexity", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_filter_without_a_model_says_where_one_comes_from()
    {
        _folder.Write("texts.txt", "a\nb");
        StageException error = await Assert.ThrowsAsync<StageException>(() => DataRecipe.Run(_folder, """
            stages:
              texts: { use: read_text, path: texts.txt, unit: line }
              filter: { use: perplexity, from: texts }
            """));
        Assert.Contains("train_ngram", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_of_other_programs_are_taken_as_text()
    {
        _folder.Write("good.txt", string.Join('\n', Enumerable.Range(0, 300).Select(number => Sentence(number))));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              good: { use: read_text, path: good.txt, unit: line }
              model: { use: train_ngram, from: good, order: 3, arpa: true }
            """);
        File.Copy(made["model"].PathOf("model.arpa"), _folder["other.arpa"]);
        NgramScorer own = NgramModelFolder.Load(made["model"].Folder).Scorer(), other = NgramModelFolder.Load(_folder["other.arpa"], NgramUnit.Normalized).Scorer();
        Assert.Equal(own.Score(Good).Perplexity, other.Score(Good).Perplexity, 2);
    }

    [Fact]
    public void Normalization_is_that_of_CCNet()
    {
        using var trainer = new KneserNeyTrainer(new KneserNeyOptions { Order = 2, Folder = _folder["n"] });
        var text = new NgramText(NgramUnit.Normalized, trainer.Vocabulary, null);
        var words = new List<uint>();
        text.Words("Caf\u00E9 \u201CNo\u00EBl\u201D 1987 \u2014 it\u2019s\u0007 \u0663", words, learn: true);
        Assert.Equal(["cafe", "\"noel\"", "0000", "-", "it's", "0"], words.Select(word => trainer.Vocabulary[word]));
    }

    /// <summary>Words of the good text in an order of their own.</summary>
    private static string Sentence(int seed)
    {
        string[] words = Good.Split(' ');
        int from = seed % 5;
        return string.Join(' ', words[from..(from + 8)]);
    }
}
