using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Layers;
using Athanor.Models.Medusa;
using Athanor.Runs.Stages;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Medusa;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Medusa;

public sealed class MedusaStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Heads_learn_to_guess_what_comes_and_the_model_stays_as_it_is()
    {
        var kitchen = new StageKitchen(_folder);
        IReadOnlyDictionary<string, Artifact> artifacts = await kitchen.Run("""
            name: a
            seed: 3
            model: { depth: 1, width: 64, heads: 2 }
            stages:
              tok: { use: make_tokenizer }
              tokens: { use: make_tokens, from: tok }
              train: { use: pretrain, from: [tok, tokens], tokens: 60k, sequence_length: 64, batch_tokens: 512, learning_rate: 0.01 }
              heads: { use: medusa, from: [train, tokens], heads: 3, tokens: 60k, sequence_length: 64, batch_tokens: 512, learning_rate: 0.01 }
            """);
        string weights = Path.Combine(artifacts["train"].Folder, "model.safetensors");
        using Decoder model = HfCheckpoint.Load(artifacts["train"].Folder, Device.Default, trainable: false);
        using MedusaHeads heads = MedusaFile.Load(artifacts["heads"].Folder, model.Device, model.Config, model.DType);
        Assert.True(File.Exists(weights));
        Assert.Equal(3, heads.Accuracy.Count);
        // The sentences leave little open: most further tokens can be guessed, and ranks behind the first add something.
        Assert.All(heads.Accuracy, ranks => Assert.InRange(ranks[0], 0.5, 1));
        Assert.All(heads.Accuracy, ranks => Assert.InRange(ranks.Sum(), ranks[0], 1 + 1e-9));
        // The measured accuracy is that of a text counted by hand.
        Tokenizer tokenizer = Tokenizer.Load(artifacts["train"].Folder);
        int end = tokenizer.EosId!.Value, right = 0, asked = 0;
        foreach (string text in kitchen.Held)
        {
            int[] tokens = [end, .. tokenizer.Encode(text), end];
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, tokens.Length - 1), tokens.AsSpan(..^1))));
            var logits = new float[(tokens.Length - 1) * model.Config.VocabularySize];
            heads.LogitRows(1, hidden, logits);
            for (int i = 0; i + 3 < tokens.Length; i++)
            {
                ReadOnlySpan<float> row = logits.AsSpan(i * model.Config.VocabularySize, model.Config.VocabularySize);
                right += row.IndexOf(row.ToArray().Max()) == tokens[i + 3] ? 1 : 0;
                asked++;
            }
        }
        Assert.Equal(right / (double)asked, heads.Accuracy[1][0], 0.02);
        string[] metrics = File.ReadAllLines(Directory.EnumerateFiles(_folder["runs"], "metrics.jsonl", SearchOption.AllDirectories).Single());
        foreach (string name in (string[])["train/head_1/loss", "train/head_3/loss", "val/head_2/accuracy"])
            Assert.Contains(metrics, line => line.Contains($"\"{name}\":", StringComparison.Ordinal));
    }

    [Fact]
    public void The_gradient_of_a_step_is_that_of_the_loss_by_its_definition()
    {
        using Decoder model = Tiny.Model();
        using MedusaHeads heads = MedusaHeads.Of(model, 2);
        using var trainer = new MedusaTrainer(model, heads, 0.8);
        Batch batch = Tiny.Batch(Corpus.Source(_folder, "docs", Corpus.Documents(40)), rows: 4, length: 16);
        double[] losses = trainer.Step(batch, 0, 1 << 20, 0);
        double[] parts = trainer.Step(batch, 0, 16, 0);
        for (int head = 0; head < 2; head++)
        {
            double sum = 0;
            long count = 0;
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            var shape = new Shape(batch.Rows, batch.Length);
            Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, shape, batch.Ids), Tensor.From(model.Device, shape, batch.Positions), Tensor.From(model.Device, shape, batch.Segments)));
            var logits = new float[batch.Ids.Length * model.Config.VocabularySize];
            heads.LogitRows(head, hidden, logits);
            for (int i = 0; i < batch.Ids.Length; i++)
            {
                // The token head + 2 places ahead, in the same row and document.
                int ahead = i % batch.Length + head + 1;
                if (ahead >= batch.Length || batch.Segments[i] != batch.Segments[i + head + 1] || batch.Targets[i] < 0 || batch.Targets[i + head + 1] < 0)
                    continue;
                float[] row = logits.AsSpan(i * model.Config.VocabularySize, model.Config.VocabularySize).ToArray();
                sum += Math.Log(row.Sum(z => Math.Exp(z))) - row[batch.Targets[i + head + 1]];
                count++;
            }
            Assert.Equal(sum / count, losses[head], 1e-4);
            // Untrained heads say what the model says; parts of a batch give its mean.
            Assert.Equal(losses[head], parts[head], 1e-4);
        }
    }

    [Fact]
    public async Task Rows_beyond_the_context_are_refused()
    {
        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => new StageKitchen(_folder).Run("""
            name: a
            model: { depth: 1, width: 32, heads: 2 }
            stages:
              tok: { use: make_tokenizer }
              tokens: { use: make_tokens, from: tok }
              train: { use: pretrain, from: [tok, tokens], tokens: 1k, sequence_length: 64, batch_tokens: 512, learning_rate: 0.01 }
              heads: { use: medusa, from: [train, tokens], sequence_length: 128 }
            """));
        Assert.Contains("context of 64", e.ToString(), StringComparison.Ordinal);
    }
}
