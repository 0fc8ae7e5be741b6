using Athanor.Runs.Stages;
using Athanor.Training.Stages;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Stages;

public sealed class BadInputTests : IDisposable
{
    private const string Head = "name: a\nseed: 3\nmodel: { depth: 1, width: 64, heads: 2 }\nstages:\n  tok: { use: make_tokenizer, size: 280 }\n  tokens: { use: make_tokens, from: tok }\n";
    private const string Train = "  train: { use: pretrain, from: [tok, tokens], tokens: 8k, sequence_length: 64, batch_tokens: 512, learning_rate: 0.01, prompts: [] }\n";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train: { use: pretrain, from: [other, tokens], tokens: 2k, sequence_length: 64, batch_tokens: 512 }")]
    [InlineData("own: { use: make_tokens, from: other }\n  train: { use: pretrain, from: [other, own], tokens: 2k, sequence_length: 64, batch_tokens: 512 }\n  measure: { use: evaluate, from: [train, tokens] }")]
    public async Task Tokens_of_another_tokenizer_are_refused(string stages)
    {
        // Its vocabulary is larger, so all ids are in range and only their meanings differ.
        StageException error = await Assert.ThrowsAsync<StageException>(() => new StageKitchen(_folder).Run($"{Head}  other: {{ use: make_tokenizer, size: 290 }}\n  {stages}\n"));
        Assert.Contains("The source 'train' was made by another tokenizer (vocabulary 280)", error.Message, StringComparison.Ordinal);
        Assert.Contains("(vocabulary 290). Tokenize again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_too_small_for_the_tokenizer_is_refused()
    {
        string more = "  other: { use: make_tokenizer, size: 290 }\n  own: { use: make_tokens, from: other }\n  on: { use: pretrain, from: [other, own, train], tokens: 2k, sequence_length: 64, batch_tokens: 512 }\n";
        StageException error = await Assert.ThrowsAsync<StageException>(() => new StageKitchen(_folder).Run(Head + Train + more));
        Assert.Contains("has 280 rows in its embedding, the tokenizer 290 tokens", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "holds no tokens")]
    [InlineData(1, "A row of 64 positions (sequence_length) is longer than all text for training, which has")]
    public async Task Text_that_fills_no_row_is_refused(int texts, string problem)
    {
        var kitchen = new StageKitchen(_folder) { Texts = [.. StageKitchen.Sentences.Take(texts).Select(text => text[..20])] };
        StageException error = await Assert.ThrowsAsync<StageException>(() => kitchen.Run(Head + Train));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Little_text_and_empty_sets_are_said_and_trained_with()
    {
        var kitchen = new StageKitchen(_folder) { Texts = StageKitchen.Sentences[..4], Held = [] };
        IReadOnlyDictionary<string, Artifact> artifacts = await kitchen.Run(Head + Train);
        Assert.Contains("train", artifacts.Keys);
        Assert.Contains(kitchen.Said, line => line.Contains("is read ", StringComparison.Ordinal) && line.Contains("beyond 16 passes", StringComparison.Ordinal));
        Assert.Contains("The validation set 'held' is empty and is left out. Hold out more to measure on it.", kitchen.Said);
        // Enough text is not complained about.
        var enough = new StageKitchen(_folder);
        await enough.Run(Head + Train);
        Assert.DoesNotContain(enough.Said, line => line.Contains("passes", StringComparison.Ordinal) || line.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_corrupt_shard_is_named_with_its_checksum()
    {
        var kitchen = new StageKitchen(_folder);
        string shard = (await kitchen.Run(Head + Train, until: "tokens"))["tokens"].PathOf("train-00000.shard");
        byte[] bytes = File.ReadAllBytes(shard);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(shard, bytes);
        StageException error = await Assert.ThrowsAsync<StageException>(() => kitchen.Run(Head + Train));
        Assert.Contains(shard, error.Message, StringComparison.Ordinal);
        Assert.Matches("block 0 .* has the checksum [0-9a-f]{8}, not [0-9a-f]{8}. The file is corrupt", error.Message);
    }

    [Theory]
    [InlineData(131_072, 5.4e-5)]
    [InlineData(524_288, 1.09e-4)]
    [InlineData(4_000_000, 3e-4)]
    public void The_ceiling_of_the_learning_rate_is_the_published_rule(long batch, double ceiling) => Assert.Equal(ceiling, LearningRateCeiling.Of(batch), ceiling * 0.01);

    [Fact]
    public async Task A_learning_rate_above_the_ceiling_is_warned_of_where_training_goes_on()
    {
        var kitchen = new StageKitchen(_folder);
        string On(string name, string rate) => $"  {name}: {{ use: pretrain, from: [tok, tokens, train], tokens: 2k, sequence_length: 64, batch_tokens: 512, learning_rate: {rate}, prompts: [] }}\n";
        // 3e-4 x sqrt(512 / 4M) = 3.39e-6.
        await kitchen.Run(Head + Train + On("careful", "3.3e-6"));
        Assert.DoesNotContain(kitchen.Said, line => line.Contains("ceiling", StringComparison.Ordinal));
        await kitchen.Run(Head + Train + On("bold", "3.5e-6"));
        Assert.Contains(kitchen.Said, line => line.StartsWith("The learning rate 3.5E-06 is above 3.39E-06 = 3e-4 x sqrt(batch_tokens / 4M)", StringComparison.Ordinal));
    }
}
