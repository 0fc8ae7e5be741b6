using Athanor.Models;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;
using Athanor.Training.Pretraining;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TokenSource _source;

    public CheckpointTests() => _source = Corpus.Source(_folder, "a", Corpus.Documents(100));

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    private RowPacker Packer() => new(new Mixture([_source], seed: 6), Corpus.Frame, window: 16);

    [Theory]
    [InlineData(DType.F32, "adamw")]
    [InlineData(DType.BF16, "adamw")]
    [InlineData(DType.BF16, "muon")]
    [InlineData(DType.BF16, "adamw_8bit")]
    public void Resumed_runs_end_in_the_same_bytes(DType type, string optimizer)
    {
        TrainerSettings settings = Tiny.Settings with
        {
            AverageDecay = 0.95,
            Optimizer = optimizer switch { "muon" => new MuonChoice(), "adamw_8bit" => new AdamW8BitChoice(), _ => new AdamWChoice() },
        };
        float[][] expected, average;
        var store = new CheckpointStore(_folder[$"{type}-{optimizer}"]);
        using (Decoder model = Tiny.Model(type))
        {
            using var trainer = new Trainer(model, settings);
            using var loader = new BatchLoader(Packer(), _ => new BatchShape(4, 32));
            using var writer = new CheckpointWriter(store, trainer);
            for (int step = 0; step < 20; step++)
            {
                Batch batch = loader.Next();
                trainer.Step(batch);
                // Training goes on while the copy is written.
                if (step == 9)
                    writer.Save(State(trainer, batch));
            }
            expected = Tiny.Weights(model);
            average = Average(trainer);
        }
        Checkpoint saved = Assert.Single(store.List());
        Assert.Equal(10, saved.Step);
        using Decoder other = new(Device.Default, Tiny.Config, type, new Models.Initialization.InitialValues(Seed: 99));
        using var resumed = new Trainer(other, settings);
        TrainingState state = CheckpointWriter.Restore(resumed, saved);
        RowPacker packer = Packer();
        packer.Restore(state.Cursor);
        using var rest = new BatchLoader(packer, _ => new BatchShape(4, 32), state.Step);
        while (resumed.Steps < 20)
            resumed.Step(rest.Next());
        Assert.Equal(expected, Tiny.Weights(other));
        Assert.Equal(average, Average(resumed));
    }

    [Fact]
    public void The_last_ones_and_the_best_are_kept()
    {
        var store = new CheckpointStore(_folder["kept"], keepLast: 2);
        using Decoder model = Tiny.Model();
        using var trainer = new Trainer(model, Tiny.Settings);
        using var writer = new CheckpointWriter(store, trainer);
        Batch batch = Tiny.Batch(_source, 4, 32);
        double[] scores = [3, 1, 2, 5, 4];
        foreach (double score in scores)
        {
            trainer.Step(batch);
            writer.Save(State(trainer, batch) with { Score = score });
        }
        writer.Wait();
        Assert.Equal([2, 4, 5], store.List().Select(checkpoint => checkpoint.Step));
        Assert.Equal(2, store.Best()!.Step);
        Assert.Equal(5, store.Latest()!.Step);
    }

    [Fact]
    public void What_was_left_half_is_swept_and_damage_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder["s"], ".unfinished-7-x", "training"));
        var store = new CheckpointStore(_folder["s"]);
        Assert.Null(store.Latest());
        Assert.Empty(Directory.EnumerateDirectories(_folder["s"]));
        Directory.CreateDirectory(Path.Combine(_folder["s"], "step-00000005", "training"));
        File.WriteAllText(Path.Combine(_folder["s"], "step-00000005", "training", "state.json"), "{\"step\": 5,");
        Assert.Contains("state.json: it is damaged", Assert.Throws<CheckpointException>(() => store.Latest()!.ReadState()).Message, StringComparison.Ordinal);
    }

    private static TrainingState State(Trainer trainer, Batch batch) => new()
    {
        Step = trainer.Steps,
        Seed = trainer.Settings.Seed,
        Cursor = batch.After,
        Losses = [.. trainer.Losses.Values],
        Norms = [.. trainer.Norms.Values],
    };

    private static float[][] Average(Trainer trainer)
    {
        using var copy = new Decoder(trainer.Model.Device, trainer.Model.Config, DType.F32, trainable: false);
        trainer.Average!.CopyTo(name => copy.Parameters.Single(parameter => parameter.Name == name).Value);
        return Tiny.Weights(copy);
    }
}
